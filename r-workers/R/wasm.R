# Sourced in webR alone: a fresh instance, which serves one run.

start_fresh <- function(settings, watchrabbit) {
  run$nonce <- settings$nonce
  run$jit <- compiler::enableJIT(0L) # webR compiles nothing
  start(settings, watchrabbit)
}

serve_only <- function(request) {
  options(warn = 0) # webR prints warnings at once, Rscript does not; it says so anew for each call
  frame("start", 0)
  serve(request)
  frame("end", request$id)
}
