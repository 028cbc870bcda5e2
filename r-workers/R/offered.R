# What a script may call and never has to. They are attached to the search path, so that no library() is needed.

helpers <- list(
  # A number of the result: `wr_measure("Asym", 2.345, "OD")`. A later call with the same name replaces the earlier one.
  wr_measure = function(name, value, unit = "") {
    if (!is.character(name) || length(name) != 1L || is.na(name) || !nzchar(name)) stop("wr_measure: `name` is one non-empty string")
    if (length(value) != 1L || !(is.numeric(value) || is.na(value))) stop("wr_measure: `value` of ", name, " is one number")
    measure(name, value, unit)
    invisible(value)
  },
  # The acquisition is not complete yet: the run ends here, and comes again after `retry_after` seconds (if given).
  wr_not_ready = function(reason, retry_after = NULL) {
    end_run(list(
      outcome = "not-ready", code = "R_NOT_READY", message = paste(readable(reason), collapse = " "),
      retry_after_ms = if (!is.null(retry_after)) 1000 * as.numeric(retry_after)
    ))
  },
  # How far it is, 0 to 1, as a line of the log.
  wr_progress = function(fraction, message = "") {
    cat(sprintf("progress %.0f %%%s\n", 100 * fraction, if (nzchar(message)) paste0(": ", message) else ""), file = stderr())
    invisible(fraction)
  },
  # The pipeline's parameters: a named list, types as in the configuration.
  wr_params = function() run$request$params
)

measure <- function(name, value, unit = "") {
  if (!is.null(run$measurements[[name]])) warning("measurement ", name, " was given twice; the last one counts", call. = FALSE)
  run$measurements[[name]] <- list(value = as.double(value), unit = paste(readable(unit), collapse = " "))
}
