# Sourced in webR alone: a fresh instance, which serves one run.

start_fresh <- function(settings) {
  options(warn = 0) # webR prints warnings at once; Rscript does not
  run$jit <- 0L # as webR has it
  start(settings)
}

serve_only <- function(request) {
  frame("start", 0)
  serve(request)
  frame("end", request$id)
}
