# JSON text, written exactly. Every function returns JSON text, so that nothing has to guess what a vector means.

json_string <- function(x) {
  x <- readable(x)
  special <- grepl("[[:cntrl:]\"\\\\]", x)
  x[special] <- vapply(x[special], function(text) {
    codes <- utf8ToInt(text)
    characters <- intToUtf8(codes, multiple = TRUE)
    escaped <- codes < 32L | codes == 34L | codes == 92L | codes == 127L
    characters[escaped] <- sprintf("\\u%04x", codes[escaped])
    paste(characters, collapse = "")
  }, "", USE.NAMES = FALSE)
  paste0("\"", x, "\"")
}

# A word of our own.
json_word <- function(x) paste0("\"", x, "\"")

# As `Scalar` of the product says: NA is null, the other non-finite ones are strings; 17 digits name every double.
json_number <- function(x) {
  text <- sprintf("%.17g", as.double(x))
  text[is.nan(x)] <- "\"NaN\""
  text[is.na(x) & !is.nan(x)] <- "null"
  text[is.infinite(x)] <- ifelse(x[is.infinite(x)] > 0, "\"Inf\"", "\"-Inf\"")
  text
}

json_array <- function(items) paste0("[", paste(items, collapse = ","), "]")

# Fields given as NULL are left out. Their names are words of our own.
json_object <- function(...) {
  fields <- list(...)
  fields <- fields[!vapply(fields, is.null, NA)]
  paste0("{", paste0("\"", names(fields), "\":", fields, collapse = ","), "}")
}

# Any character vector as valid UTF-8; bytes that are none show as <ff>.
readable <- function(x) {
  x <- as.character(x)
  Encoding(x[Encoding(x) == "bytes"]) <- "unknown"
  x <- enc2utf8(x)
  broken <- !validUTF8(x)
  if (any(broken)) x[broken] <- iconv(x[broken], "UTF-8", "UTF-8", sub = "byte")
  x[is.na(x)] <- "NA"
  x
}
