wr_not_ready <- function(reason, retry_after = NULL) {
  reason <- paste(as.character(reason), collapse = " ")
  if (!is.null(retry_after)) {
    if (inherits(retry_after, "difftime")) retry_after <- as.double(retry_after, units = "secs")
    if (length(retry_after) != 1L || !is.numeric(retry_after) || !is.finite(retry_after) || retry_after < 0) {
      stop("`retry_after` must be a number of seconds")
    }
    retry_after <- as.double(retry_after)
  }
  run <- host()
  if (!is.null(run)) run$not_ready(reason, retry_after)
  stop(structure(
    list(message = paste("not ready:", reason), call = NULL, retry_after = retry_after),
    class = c("watchrabbit_not_ready", "error", "condition")
  ))
}
