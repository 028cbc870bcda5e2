wr_params <- function(...) {
  defaults <- list(...)
  if (length(defaults) && (is.null(names(defaults)) || !all(nzchar(names(defaults))))) stop("every default must have a name")
  run <- host()
  given <- if (is.null(run)) list() else run$params()
  c(given, defaults[setdiff(names(defaults), names(given))])
}
