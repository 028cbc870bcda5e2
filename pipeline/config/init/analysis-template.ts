/** What `init` writes where no analysis is given: base R alone, runs on anything, and shows how results are handed over. */
export const analysisTemplate = `# Written by: watchrabbit init. Runs as it is; put your own analysis in its place.
#
#   inputs   paths of the files of one acquisition
#   params   the pipeline's params, as a list
#   out      a directory: every file written into it is kept with the result
#
# What is returned is kept as well: a data frame as a table, a named number as a measurement, a ggplot as a picture.
# Try it on one file, without storing anything:  watchrabbit try FILE --pipeline NAME

analyze <- function(inputs, params, out) {
  tables <- lapply(inputs, read_numbers)
  values <- unlist(tables)

  if (length(values) > 1) {
    pdf(file.path(out, "overview.pdf"))
    hist(values, main = basename(inputs[[1]]), xlab = "value")
    dev.off()
  }

  list(
    files = data.frame(
      file = basename(inputs),
      bytes = file.size(inputs),
      numbers = lengths(tables)
    ),
    numbers = length(values),
    mean = if (length(values) > 0) mean(values) else NA_real_,
    bytes = structure(sum(file.size(inputs)), unit = "By")
  )
}

# All numbers of a text file, however it is laid out; none of a binary one.
read_numbers <- function(file) {
  bytes <- readBin(file, "raw", min(file.size(file), 10e6))
  if (any(bytes == as.raw(0))) return(numeric())
  text <- iconv(rawToChar(bytes), "latin1", "UTF-8")
  fields <- strsplit(text, "[,;\\t\\r\\n\\" ]+")[[1]]
  numbers <- suppressWarnings(as.numeric(fields))
  numbers[is.finite(numbers)]
}
`;
