# A report's own `params`: what it declares is what it takes, and of that kind.

# What render is to be given. `declared`: as knitr::knit_params reads it.
report_params <- function(declared) {
  names(declared) <- vapply(declared, `[[`, "", "name")
  given <- run$request$params
  unknown <- setdiff(names(given), names(declared))
  if (length(unknown)) refuse_params(sprintf("the report knows no parameter %s; it declares %s",
    paste(unknown, collapse = ", "), if (length(declared)) paste(names(declared), collapse = ", ") else "none"))
  values <- lapply(names(given), function(name) typed_param(name, given[[name]], declared[[name]]))
  c(offered_params(declared[setdiff(names(declared), names(given))]), structure(values, names = names(given)))
}

# The acquisition goes where the report asks for a file, and where it is called so; the pipeline's own values go before.
offered_params <- function(declared) {
  asks_for_files <- function(param) identical(param$input, "file") || param$name %in% c("input", "inputs")
  files <- lapply(Filter(asks_for_files, declared), function(param) unname(run$request$inputs))
  c(files, if ("out" %in% names(declared)) list(out = run$out))
}

refuse_params <- function(message) end_run(list(outcome = "failed", code = "R_PARAMS", message = message))

# The first that is like the report's own value, or like what it asks people with, decides; like none: anything will do.
kinds_of_params <- list(
  date = list(
    asks_for = "a day, as in \"2025-08-15\"",
    is = function(own, input) inherits(own, "Date") || input == "date",
    take = function(value, own) parsed(value, "^\\d{4}-\\d{2}-\\d{2}$", as.Date)
  ),
  datetime = list(
    asks_for = "a moment of UTC, as in \"2025-08-15 12:34:13\"",
    is = function(own, input) inherits(own, "POSIXct"),
    take = function(value, own) parsed(value, "^\\d{4}-\\d{2}-\\d{2} \\d{2}:\\d{2}(:\\d{2}([.]\\d+)?)?$", function(text) as.POSIXct(text, tz = "GMT"))
  ),
  text = list(
    asks_for = "text: write it in quotes",
    is = function(own, input) is.character(own) || is.factor(own) || input == "text",
    take = function(value, own) if (is.character(value)) value
  ),
  logical = list(
    asks_for = "true or false",
    is = function(own, input) (is.logical(own) && !anyNA(own)) || input == "checkbox",
    take = function(value, own) if (is.logical(value)) value
  ),
  number = list(
    asks_for = "a number, without quotes",
    is = function(own, input) is.numeric(own) || input %in% c("numeric", "slider"),
    take = function(value, own) if (is.numeric(value)) if (is.integer(own) && is_whole(value)) as.integer(value) else value
  )
)

# `value` as the report's own value of that name is: a string of digits stays a string, a day becomes a Date.
typed_param <- function(name, value, declared) {
  kind <- Find(function(kind) kind$is(declared$value, c(declared$input, "")[[1L]]), kinds_of_params)
  if (is.null(kind)) return(value)
  refuse <- function(...) refuse_params(sprintf("the parameter %s is %s; %s", name, paste(deparse(value), collapse = " "), paste0(...)))
  typed <- if (is_missing(value)) missing_like(declared$value, value) else kind$take(value, declared$value)
  if (is.null(typed)) refuse("the report asks for ", kind$asks_for)
  choices <- unlist(declared$choices)
  if (length(choices) && !all(typed %in% choices)) refuse("the report lets choose from ", paste(choices, collapse = ", "))
  if (any(typed < declared$min, na.rm = TRUE)) refuse("the report takes ", declared$min, " at least")
  if (any(typed > declared$max, na.rm = TRUE)) refuse("the report takes ", declared$max, " at most")
  typed
}

# null in the configuration.
is_missing <- function(value) all(is.na(value))

missing_like <- function(own, value) if (is.null(own)) NA else rep(own[NA_integer_], max(1L, length(value)))

is_whole <- function(value) all(is.na(value) | (value == round(value) & abs(value) <= .Machine$integer.max))

# NULL if it is not written so, or is no day of the calendar.
parsed <- function(value, pattern, parse) {
  if (!is.character(value) || !all(is.na(value) | grepl(pattern, value))) return(NULL)
  result <- tryCatch(parse(value), error = function(condition) NULL)
  if (!is.null(result) && identical(is.na(result), is.na(value))) result
}
