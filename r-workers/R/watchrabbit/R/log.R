wr_log <- function(...) {
  say(...)
  invisible()
}
