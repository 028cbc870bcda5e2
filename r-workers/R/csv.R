# Data frames as CSV (RFC 4180, UTF-8): text and levels always quoted, NA an empty field without quotes, NaN, Inf and
# -Inf as such, dates and times in ISO 8601 (times in UTC). With the column types beside it, nothing is lost.

column_type <- function(x) {
  if (inherits(x, "Date")) "date"
  else if (inherits(x, "POSIXt")) "datetime"
  else if (is.factor(x)) "factor"
  else if (!is.null(dim(x))) "other"
  else if (inherits(x, "integer64")) if (requireNamespace("bit64", quietly = TRUE)) "integer64" else "other"
  else if (is.logical(x)) "logical"
  else if (is.integer(x)) "integer"
  else if (is.double(x)) "double"
  else if (is.character(x)) "character"
  else "other"
}

csv_column <- function(x, type = column_type(x)) {
  if (type == "other") return(quoted(text_of_other(x)))
  text <- switch(type,
    logical = as.character(x),
    integer = sprintf("%d", x),
    double = shortest(x),
    character = quoted(x),
    factor = quoted(levels(x)[unclass(x)]),
    date = format(x, "%Y-%m-%d"),
    datetime = iso_time(x),
    integer64 = bit64::as.character.integer64(x)
  )
  text[missing_of(x, type)] <- ""
  text
}

quoted <- function(text) paste0("\"", gsub("\"", "\"\"", readable(text), fixed = TRUE), "\"")

one_line <- function(x) paste(deparse(x), collapse = " ")

text_of_other <- function(x) {
  if (is.list(x) && is.null(dim(x))) vapply(x, one_line, "")
  else if (is.null(dim(x))) format(x)
  else apply(format(x), 1, paste, collapse = " ")
}

microseconds <- function(x) round(as.double(unclass(as.POSIXct(x))) * 1e6)

iso_time <- function(x) {
  micros <- microseconds(x)
  seconds <- floor(micros / 1e6)
  fraction <- micros - 1e6 * seconds
  text <- format(as.POSIXct(seconds, origin = "1970-01-01", tz = "UTC"), "%Y-%m-%dT%H:%M:%S")
  paste0(text, ifelse(is.na(fraction) | fraction == 0, "", sprintf(".%06.0f", fraction)), "Z")
}

# The decimal text of 15 digits where it lies nearer to the double than to any other, of 17 where not. Decided by the
# exact decimal expansion, because R's own reading of decimals is not always the nearest double.
shortest <- function(x) {
  x <- as.double(x)
  text <- sprintf("%.15g", x)
  special <- !is.finite(x)
  text[special] <- as.character(x[special])
  check <- which(!special & x != 0)
  if (length(check)) {
    size <- abs(x[check])
    exact <- sprintf("%.40e", size)
    digits_beyond <- as.numeric(paste0("0.", substr(exact, 17L, 36L)))
    exponent10 <- as.integer(sub(".*e", "", exact))
    distance <- pmin(digits_beyond, 1 - digits_beyond) * 10^(exponent10 - 14)
    exponent2 <- floor(log2(size))
    exponent2 <- exponent2 - (2^exponent2 > size) + (2^(exponent2 + 1) <= size)
    spacing <- 2^(exponent2 - 52) / ifelse(size == 2^exponent2, 2, 1)
    near <- size > 1e-280 & distance < 0.499 * spacing
    text[check[!near]] <- sprintf("%.17g", x[check[!near]])
  }
  text
}

write_csv <- function(data, types, file) {
  columns <- Map(csv_column, data, types)
  lines <- c(paste(quoted(names(data)), collapse = ","), if (nrow(data)) do.call(paste, c(unname(columns), sep = ",")))
  connection <- file(file, "wb")
  on.exit(close(connection))
  writeLines(lines, connection, useBytes = TRUE)
}
