# Flow cytometry: the header of an FCS file, and a summary of each channel.
#
#   Rscript fcs-channels.R sample.fcs results       or in watchrabbit.yaml:  analysis: ./fcs-channels.R
#
# Reads FCS 2.0, 3.0 and 3.1 in list mode: integers of any width, also mixed, and floats. Values are as stored: neither
# compensated nor scaled. Of a file with several data sets the first is read.
#
# Spidlen et al., Data File Standard for Flow Cytometry, Version FCS 3.1, Cytometry A 77 (2010) 97-100.

analyze <- function(inputs, params, out) {
  if (length(inputs) != 1) stop("expected is one FCS file, not ", length(inputs), call. = FALSE)
  file <- inputs[[1]]
  text <- read_keywords(file)
  events <- read_events(file, text)
  count <- nrow(events)
  of_channel <- function(keyword, otherwise = "") vapply(seq_len(ncol(events)), function(i) {
    value <- text[paste0("$P", i, keyword)]
    if (is.na(value)) otherwise else value[[1]]
  }, "")
  quantiles <- if (count > 0) apply(events, 2, quantile, c(0, 0.01, 0.5, 0.99, 1), names = FALSE) else matrix(NA_real_, 5, ncol(events))
  channels <- data.frame(
    channel = seq_len(ncol(events)), name = of_channel("N"), stain = of_channel("S"), bits = of_channel("B"), range = of_channel("R"),
    amplification = of_channel("E"), gain = of_channel("G"), voltage = of_channel("V"), mean = colMeans(events),
    min = quantiles[1, ], p01 = quantiles[2, ], median = quantiles[3, ], p99 = quantiles[4, ], max = quantiles[5, ]
  )
  write.csv(channels, file.path(out, "channels.csv"), row.names = FALSE)
  write.csv(data.frame(keyword = names(text), value = text), file.path(out, "keywords.csv"), row.names = FALSE)
  if (count > 1) draw(events, channels$name, file.path(out, "channels.png"))

  keep(rbind(
    data.frame(name = c("events", "channels"), value = c(count, ncol(events)), unit = c("events", "channels")),
    data.frame(name = paste("median", make.unique(channels$name)), value = channels$median, unit = rep("", ncol(events)))
  ), out)
}

# The TEXT segment: keywords in upper case and their values. Its first character parts them; doubled, it stands for itself.
read_keywords <- function(file) {
  header <- readBin(file, "raw", 58)
  version <- if (length(header) >= 6 && all(header[1:6] > 0)) rawToChar(header[1:6]) else ""
  if (!(version %in% c("FCS2.0", "FCS3.0", "FCS3.1"))) stop(basename(file), " is no FCS file: it does not begin with FCS2.0, ",
    "FCS3.0 or FCS3.1", call. = FALSE)
  if (length(header) < 58) stop(basename(file), " is cut off within its header", call. = FALSE)
  offset <- function(first) suppressWarnings(as.numeric(rawToChar(header[first:(first + 7)])))
  bytes <- read_bytes(file, offset(11), offset(19), "TEXT")
  text <- iconv(list(bytes), "UTF-8", "UTF-8")
  if (is.na(text)) text <- iconv(list(bytes), "latin1", "UTF-8")
  delimiter <- substr(text, 1, 1)
  split <- function(text) {
    fields <- strsplit(substring(text, 2), delimiter, fixed = TRUE)[[1]]
    odd <- seq(1, length(fields) - 1, 2)
    setNames(trimws(gsub("\001", delimiter, fields[odd + 1], fixed = TRUE)), toupper(trimws(fields[odd])))
  }
  keywords <- split(gsub(strrep(delimiter, 2), "\001", text, fixed = TRUE))
  needed <- c("$PAR", "$TOT", "$DATATYPE", "$BYTEORD", "$MODE")
  if (!all(needed %in% names(keywords))) keywords <- split(text) # some write empty values, against the standard
  missing <- setdiff(needed, names(keywords))
  if (length(missing)) stop(basename(file), " lacks the keywords ", toString(missing), call. = FALSE)
  data <- c(offset(27), offset(35))
  if (is.na(data[[2]]) || data[[2]] == 0) data <- as.numeric(keywords[c("$BEGINDATA", "$ENDDATA")])
  c(FILE_VERSION = version, DATA_BEGIN = format(data[[1]], digits = 15), DATA_END = format(data[[2]], digits = 15), keywords)
}

read_bytes <- function(file, from, to, segment) {
  size <- file.size(file)
  if (anyNA(c(from, to)) || from > to) stop(basename(file), " does not say where its ", segment, " segment is", call. = FALSE)
  if (to >= size) stop(basename(file), " is cut off: its ", segment, " segment ends at byte ", format(to, digits = 15),
    ", and the file has ", format(size, digits = 15), " bytes", call. = FALSE)
  connection <- file(file, "rb")
  on.exit(close(connection))
  seek(connection, from)
  readBin(connection, "raw", to - from + 1)
}

# One row an event, one column a channel.
read_events <- function(file, text) {
  channels <- as.integer(text[["$PAR"]])
  events <- as.numeric(text[["$TOT"]])
  if (text[["$MODE"]] != "L") stop(basename(file), " is not in list mode, but in mode ", text[["$MODE"]], call. = FALSE)
  type <- text[["$DATATYPE"]]
  if (!(type %in% c("I", "F", "D"))) stop(basename(file), " has data of type ", type, ": expected is I, F or D", call. = FALSE)
  little <- startsWith(text[["$BYTEORD"]], "1")
  bytes <- switch(type, F = rep(4L, channels), D = rep(8L, channels), as.integer(text[paste0("$P", seq_len(channels), "B")]) %/% 8L)
  if (anyNA(bytes) || any(bytes < 1)) stop(basename(file), " does not say how many bits each channel has", call. = FALSE)
  if (events == 0) return(matrix(0, 0, channels))
  data <- read_bytes(file, as.numeric(text[["DATA_BEGIN"]]), as.numeric(text[["DATA_END"]]), "DATA")
  if (length(data) < events * sum(bytes)) stop(basename(file), " is corrupt: ", events, " events of ", sum(bytes), " bytes are ",
    "announced, and its DATA segment has ", length(data), " bytes", call. = FALSE)
  if (type != "I") {
    values <- readBin(data, "numeric", events * channels, size = bytes[[1]], endian = if (little) "little" else "big")
    return(matrix(values, events, channels, byrow = TRUE))
  }
  data <- matrix(as.integer(data[seq_len(events * sum(bytes))]), sum(bytes))
  vapply(seq_len(channels), function(i) {
    at <- sum(bytes[seq_len(i - 1)]) + seq_len(bytes[[i]])
    value <- colSums(data[at, , drop = FALSE] * 256^(if (little) seq_along(at) - 1 else rev(seq_along(at)) - 1))
    range <- as.numeric(text[paste0("$P", i, "R")])
    if (is.na(range) || range < 1) value else value %% 2^ceiling(log2(range)) # bits above the range are not data
  }, numeric(events))
}

draw <- function(events, names, file) {
  columns <- ceiling(sqrt(ncol(events)))
  png(file, width = 2.6 * columns, height = 2.2 * ceiling(ncol(events) / columns), units = "in", res = 100)
  par(mfrow = c(ceiling(ncol(events) / columns), columns), mar = c(2, 2, 2, 1))
  for (i in seq_len(ncol(events))) hist(events[, i], breaks = 100, main = names[[i]], xlab = "", ylab = "", border = NA, col = "steelblue")
  dev.off()
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
