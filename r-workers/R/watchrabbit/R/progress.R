wr_progress <- function(fraction, message = "") {
  if (length(fraction) != 1L || !is.numeric(fraction) || is.na(fraction)) stop("`fraction` must be one number from 0 to 1")
  fraction <- max(0, min(1, fraction))
  message <- paste(as.character(message), collapse = " ")
  say("progress ", sprintf("%.0f %%", 100 * fraction), if (nzchar(message)) c(": ", message))
  run <- host()
  if (!is.null(run)) run$progress(fraction, message)
  invisible(fraction)
}
