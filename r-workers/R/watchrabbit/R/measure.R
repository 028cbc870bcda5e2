wr_measure <- function(name, value, unit = "", lower = NULL, upper = NULL) {
  if (!is.character(name) || length(name) != 1L || is.na(name) || !nzchar(name)) stop("`name` must be one non-empty string")
  if (length(value) != 1L || !(is.numeric(value) || is.na(value))) stop("`value` of ", name, " must be one number")
  unit <- paste(as.character(unit), collapse = " ")
  lower <- limit(lower, "lower", name)
  upper <- limit(upper, "upper", name)
  if (!is.na(lower) && !is.na(upper) && lower > upper) stop("`lower` of ", name, " must not be above `upper`")
  run <- host()
  if (is.null(run)) say("measurement ", name, " = ", format(as.double(value), digits = 6), if (nzchar(unit)) c(" ", unit), limits_in_words(lower, upper))
  else run$measure(name, as.double(value), unit, lower, upper)
  invisible(value)
}

# NULL, NA and infinity are no limit: NA.
limit <- function(x, which, name) {
  if (is.null(x)) return(NA_real_)
  if (length(x) != 1L || !(is.numeric(x) || is.na(x))) stop("`", which, "` of ", name, " must be one number")
  if (is.finite(x)) as.double(x) else NA_real_
}

limits_in_words <- function(lower, upper) {
  if (is.na(lower) && is.na(upper)) return("")
  if (is.na(lower)) return(paste0(" (at most ", format(upper), ")"))
  if (is.na(upper)) return(paste0(" (at least ", format(lower), ")"))
  paste0(" (", format(lower), " to ", format(upper), ")")
}
