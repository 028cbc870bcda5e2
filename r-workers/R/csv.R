# Data frames as CSV (RFC 4180, UTF-8): text and levels always quoted, NA an empty field without quotes, NaN, Inf and
# -Inf as such, dates and times in ISO 8601 (times in UTC). With the column types beside it, nothing is lost.

column_type <- function(x) {
  if (inherits(x, "Date")) "date"
  else if (inherits(x, "POSIXt")) "datetime"
  else if (is.factor(x)) "factor"
  else if (!is.null(dim(x)) || inherits(x, "integer64")) "other"
  else if (is.logical(x)) "logical"
  else if (is.integer(x)) "integer"
  else if (is.double(x)) "double"
  else if (is.character(x)) "character"
  else "other"
}

csv_column <- function(x, type = column_type(x)) {
  if (type == "other") {
    text <- if (is.list(x)) vapply(x, one_line, "") else if (is.null(dim(x))) format(x) else apply(format(x), 1, paste, collapse = " ")
    return(quoted(text))
  }
  text <- switch(type,
    logical = as.character(x),
    integer = sprintf("%d", x),
    double = shortest(x),
    character = quoted(x),
    factor = quoted(levels(x)[unclass(x)]),
    date = format(x, "%Y-%m-%d"),
    datetime = iso_time(x)
  )
  text[is.na(x) & !(type == "double" & is.nan(x))] <- ""
  text
}

quoted <- function(text) paste0("\"", gsub("\"", "\"\"", readable(text), fixed = TRUE), "\"")

one_line <- function(x) paste(deparse(x), collapse = " ")

iso_time <- function(x) {
  x <- as.POSIXct(x)
  seconds <- unclass(x)
  whole <- is.na(seconds) | seconds == floor(seconds)
  ifelse(whole, format(x, "%Y-%m-%dT%H:%M:%SZ", tz = "UTC"), format(x, "%Y-%m-%dT%H:%M:%OS6Z", tz = "UTC"))
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

write_table <- function(data, file) {
  if (.row_names_info(data) > 0L) data <- cbind(rowname = rownames(data), data)
  types <- vapply(data, column_type, "")
  columns <- Map(csv_column, data, types)
  lines <- c(paste(quoted(names(data)), collapse = ","), if (nrow(data)) do.call(paste, c(unname(columns), sep = ",")))
  connection <- file(file, "wb")
  on.exit(close(connection))
  writeLines(lines, connection, useBytes = TRUE)
  json_array(Map(function(name, type, x) {
    json_object(
      name = json_string(name), type = json_string(type),
      levels = if (type == "factor") json_array(json_string(levels(x)))
    )
  }, names(data), types, data))
}
