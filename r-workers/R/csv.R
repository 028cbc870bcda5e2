# Data frames as CSV (RFC 4180, UTF-8): text and levels always quoted, NA an empty field without quotes, NaN, Inf and
# -Inf as such, dates and times in ISO 8601 (times in UTC). With the column types beside it, nothing is lost.

column_type <- function(x) {
  if (inherits(x, "Date")) "date"
  else if (inherits(x, "POSIXt")) "datetime"
  else if (is.factor(x)) "factor"
  else if (!is.null(dim(x))) "other"
  else if (inherits(x, "integer64")) "integer64"
  else if (is.logical(x)) "logical"
  else if (is.integer(x)) "integer"
  else if (is.double(x)) "double"
  else if (is.character(x)) "character"
  else "other"
}

# As utils::write.table is given it: it writes logical and whole numbers itself, and puts quotes around text and levels.
csv_column <- function(x, type) {
  text <- switch(type,
    logical = , integer = return(x),
    double = shortest(x),
    character = once_each(x, bytes_of),
    factor = bytes_of(levels(x))[unclass(x)],
    date = once_each(x, format, "%Y-%m-%d"),
    datetime = iso_time(x),
    integer64 = text_of_integer64(x),
    other = bytes_of(text_of_other(x))
  )
  text[missing_of(x, type)] <- NA
  text
}

quoted_types <- c("character", "factor", "other")

# UTF-8 that no locale makes anything else of.
bytes_of <- function(text) {
  text <- readable(text)
  Encoding(text) <- "unknown"
  text
}

# The text of each value, made once for those that are equal.
once_each <- function(x, text, ...) {
  values <- unique(x)
  text(values, ...)[match(x, values)]
}

one_line <- function(x) paste(deparse(x), collapse = " ")

text_of_other <- function(x) {
  if (is.list(x) && is.null(dim(x))) vapply(x, one_line, "")
  else if (is.null(dim(x))) format(x)
  else apply(format(x), 1, paste, collapse = " ")
}

microseconds <- function(x) round(as.double(unclass(as.POSIXct(x))) * 1e6)

# Day and time of day apart: of the one there are few in a table, of the other not many.
iso_time <- function(x) {
  micros <- microseconds(x)
  seconds <- floor(micros / 1e6)
  days <- floor(seconds / 86400)
  paste0(
    once_each(.Date(days), format, "%Y-%m-%dT"),
    once_each(.POSIXct(seconds - 86400 * days, "UTC"), format, "%H:%M:%S"),
    once_each(micros - 1e6 * seconds, function(part) ifelse(is.na(part) | part == 0, "Z", sprintf(".%06.0fZ", part)))
  )
}

# Of a double whose bits are those of a whole number: divided by 10^9, in digits of 16 bits, where every step is exact.
text_of_integer64 <- function(x) {
  digits <- matrix(readBin(writeBin(as.double(unclass(x)), raw(), endian = "little"), 0L, 4 * length(x), 2L, FALSE, "little"), 4L)
  negative <- digits[4L, ] >= 32768
  if (any(negative)) digits[, negative] <- negated(digits[, negative, drop = FALSE])
  above <- below <- 0
  for (i in 4:1) {
    below <- below * 65536 + digits[i, ]
    above <- above * 65536 + floor(below / 1e9)
    below <- below %% 1e9
  }
  paste0(ifelse(negative, "-", ""), ifelse(above > 0, sprintf("%.0f%09.0f", above, below), sprintf("%.0f", below)))
}

# With its other attributes.
doubles_of_integer64 <- function(x) {
  text <- csv_column(x, "integer64")
  x <- unclass(x)
  x[] <- as.double(text)
  x
}

# The two's complement, column by column.
negated <- function(digits) {
  digits <- 65535 - digits
  carry <- 1
  for (i in 1:4) {
    digits[i, ] <- digits[i, ] + carry
    carry <- digits[i, ] %/% 65536
    digits[i, ] <- digits[i, ] %% 65536
  }
  digits
}

# The decimal text of 15 digits where that is read as this double, of 17 where not.
shortest <- function(x) {
  x <- as.double(x)
  text <- character(length(x))
  special <- !is.finite(x)
  text[special] <- as.character(x[special])
  short <- !special & says_it_all(x)
  text[short] <- sprintf("%.15g", x[short])
  long <- !special & !short
  text[long] <- sprintf("%.17g", x[long])
  text
}

powers_of_10 <- cumprod(c(1, rep(10, 22))) # those that are doubles

# Whether 15 digits do. They are a whole number below 2^53, and one division or multiplication by a power of 10 that is a
# double gives the double that is nearest: what every reader of decimals has to find. There is no other way to know, since
# R's own reading of decimals is not always the nearest double.
says_it_all <- function(x) {
  size <- abs(x)
  known <- size >= 1e-7 & size < 1e36
  beyond <- which(is.finite(size) & !known)
  size[!known | is.na(known)] <- 1
  exponent <- floor(log10(size))
  places <- 14 - exponent + (size < 10^exponent)
  up <- powers_of_10[pmax(places, 0) + 1] # one of the two is 1
  down <- powers_of_10[pmax(-places, 0) + 1]
  whole <- round(size * up / down)
  short <- whole / up * down == size
  short[beyond] <- lies_near(abs(x[beyond]))
  short
}

# The same of the very large and the very small, by their exact decimal expansion, and slowly.
lies_near <- function(size) {
  exact <- sprintf("%.40e", size)
  digits_beyond <- as.numeric(paste0("0.", substr(exact, 17L, 36L)))
  exponent10 <- as.integer(sub(".*e", "", exact))
  distance <- pmin(digits_beyond, 1 - digits_beyond) * 10^(exponent10 - 14)
  exponent2 <- floor(log2(size))
  exponent2 <- exponent2 - (2^exponent2 > size) + (2^(exponent2 + 1) <= size)
  spacing <- 2^(exponent2 - 52) / ifelse(size == 2^exponent2, 2, 1)
  size == 0 | (size > 1e-280 & distance < 0.499 * spacing)
}

write_csv <- function(data, types, file) {
  connection <- file(file, "wb")
  on.exit(close(connection))
  put <- function(columns, quote) {
    utils::write.table(columns, connection, sep = ",", quote = quote, na = "", row.names = FALSE, col.names = FALSE, qmethod = "double")
  }
  put(t(bytes_of(names(data))), TRUE)
  for (rows in groups_of_rows(nrow(data))) {
    columns <- Map(function(x, type) csv_column(rows_of(x, rows), type), unname(data), types)
    put(list2DF(columns), which(types %in% quoted_types))
  }
}

# So many at a time that what is made of them is not all in memory at once.
groups_of_rows <- function(n, most = 131072L) {
  if (n <= most) return(if (n) list(NULL))
  lapply(seq(1L, n, most), function(first) first:min(n, first + most - 1L))
}

# All of them if `rows` is NULL.
rows_of <- function(x, rows) if (is.null(rows)) x else if (length(dim(x)) == 2L) x[rows, , drop = FALSE] else x[rows]
