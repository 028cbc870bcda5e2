# Written by: watchrabbit init. Runs as it is; put your own analysis in its place.
#
#   inputs   paths of the files of one acquisition
#   params   the pipeline's params, as a list
#   out      a directory: every file written into it is kept with the result
#
# What is returned is kept as well: a data frame as a table, a named number as a measurement, a ggplot as a picture.
# Try it on one file, without storing anything:  watchrabbit try FILE --pipeline NAME
# Or by hand:  Rscript analysis.R FILE results

analyze <- function(inputs, params, out) {
  tables <- lapply(inputs, read_numbers)
  values <- unlist(tables)
  write.csv(
    data.frame(file = basename(inputs), bytes = file.size(inputs), numbers = lengths(tables)),
    file.path(out, "files.csv"), row.names = FALSE
  )
  if (length(values) > 1) {
    png(file.path(out, "overview.png"), width = 7, height = 5, units = "in", res = 150)
    hist(values, main = basename(inputs[[1]]), xlab = "value")
    dev.off()
  }
  keep(data.frame(
    name = c("numbers", "mean", "bytes"),
    value = c(length(values), if (length(values) > 0) mean(values) else NA, sum(file.size(inputs))),
    unit = c("", "", "By")
  ), out)
}

# All numbers of a text file, however it is laid out; none of a binary one.
read_numbers <- function(file) {
  bytes <- readBin(file, "raw", min(file.size(file), 10e6))
  if (any(bytes == as.raw(0))) return(numeric())
  text <- iconv(rawToChar(bytes), "latin1", "UTF-8")
  fields <- strsplit(text, "[,;\t\r\n\" ]+")[[1]]
  numbers <- suppressWarnings(as.numeric(fields))
  numbers[is.finite(numbers)]
}

# Kept as measurements, and as a file for who runs this without WatchRabbit.
keep <- function(measurements, out) {
  write.csv(measurements, file.path(out, "measurements.csv"), row.names = FALSE)
  Map(function(value, unit) structure(value, unit = unit), setNames(measurements$value, measurements$name), measurements$unit)
}

# By Rscript: the inputs, and last the directory for what comes out.
if (sys.nframe() == 0L) {
  arguments <- commandArgs(trailingOnly = TRUE)
  if (length(arguments) < 2) stop("usage: Rscript SCRIPT INPUT... OUT", call. = FALSE)
  dir.create(tail(arguments, 1), showWarnings = FALSE, recursive = TRUE)
  invisible(analyze(head(arguments, -1), list(), tail(arguments, 1)))
}
