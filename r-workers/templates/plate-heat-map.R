# A plate as a heat map, with Z' of its controls.
#
#   Rscript plate-heat-map.R plate.csv results       or in watchrabbit.yaml:  analysis: ./plate-heat-map.R
#
# Reads text exports that show a plate of 96, 384 or 1536 wells as rows and columns (EnVision, BMG MARS, Kaleido, Gen5,
# SoftMax Pro; of several the first), with its wells side by side (SoftMax Pro's time format), or one well a line.
#
# Controls are the first and the last column that were measured, unless you name others, columns or wells:
#   params: { negative: ["1", "2"], positive: [A23, B23] }
#
# Z' = 1 - 3 (sd(positive) + sd(negative)) / |mean(positive) - mean(negative)|.
# Zhang, Chung & Oldenburg, J. Biomol. Screen. 4 (1999) 67-73. An assay with Z' >= 0.5 is called excellent there.

analyze <- function(inputs, params, out) {
  if (length(inputs) != 1) stop("expected is the export of one plate, not ", length(inputs), call. = FALSE)
  plate <- read_plate(inputs[[1]])
  measured <- range(plate$column[!is.na(plate$value)])
  role <- function(named, otherwise) {
    wells <- if (length(named)) as.character(unlist(named)) else as.character(otherwise)
    plate$well %in% wells | plate$column %in% wells
  }
  plate$role <- "sample"
  plate$role[role(params$negative, measured[[1]])] <- "negative"
  plate$role[role(params$positive, measured[[2]])] <- "positive"
  write.csv(plate, file.path(out, "plate.csv"), row.names = FALSE)
  draw(plate, file.path(out, "heat-map.png"))

  values <- split(plate$value, factor(plate$role, c("negative", "positive", "sample")))
  mean_of <- vapply(values, mean, 0, na.rm = TRUE)
  sd_of <- vapply(values, sd, 0, na.rm = TRUE)
  all_wells <- plate$value[!is.na(plate$value)]
  keep(data.frame(
    name = c("Z'", "signal to background", "negative mean", "negative CV", "positive mean", "positive CV", "wells", "median"),
    value = c(
      1 - 3 * (sd_of[["positive"]] + sd_of[["negative"]]) / abs(mean_of[["positive"]] - mean_of[["negative"]]),
      max(mean_of[1:2]) / min(mean_of[1:2]), mean_of[["negative"]], 100 * sd_of[["negative"]] / mean_of[["negative"]],
      mean_of[["positive"]], 100 * sd_of[["positive"]] / mean_of[["positive"]], length(all_wells), median(all_wells)
    ),
    unit = c("", "", "", "%", "", "%", "wells", "")
  ), out)
}

draw <- function(plate, file) {
  rows <- max(plate$row)
  png(file, width = 8, height = 5.5, units = "in", res = 150)
  shown <- matrix(NA_real_, max(plate$column), rows)
  shown[cbind(plate$column, plate$row)] <- plate$value
  image(seq_len(nrow(shown)), seq_len(rows), shown[, rows:1, drop = FALSE], col = hcl.colors(64, "viridis"), axes = FALSE, xlab = "", ylab = "",
    main = sprintf("%s to %s", format(min(plate$value, na.rm = TRUE)), format(max(plate$value, na.rm = TRUE))))
  axis(3, seq_len(nrow(shown)), tick = FALSE, line = -1, cex.axis = 0.7)
  axis(2, rows:1, row_names[seq_len(rows)], tick = FALSE, las = 1, line = -0.5, cex.axis = 0.7)
  controls <- plate[plate$role != "sample", ]
  text(controls$column, rows + 1 - controls$row, ifelse(controls$role == "positive", "+", "-"), col = "white")
  dev.off()
}

# A to Z, and then as instruments name the last rows of 1536 wells: a to f.
row_names <- c(LETTERS, letters[1:6])

# One row a well: well, row, column, value.
read_plate <- function(file) {
  lines <- read_lines(file)
  sep <- if (any(grepl("\t", lines))) "\t" else if (sum(grepl(";", lines)) > length(lines) / 2) ";" else ","
  cells <- lapply(strsplit(lines, sep, fixed = TRUE), function(line) trimws(gsub("\"", "", line)))
  for (shape in list(from_names, from_columns, from_lines, from_block)) {
    plate <- shape(cells)
    if (!is.null(plate)) {
      plate$well <- paste0(row_names[plate$row], plate$column)
      return(plate[c("well", "row", "column", "value")])
    }
  }
  stop(basename(file), " shows no plate: expected are rows and columns of wells, or one well a line", call. = FALSE)
}

# Most lines have two to four fields, a well and behind it a number.
from_lines <- function(cells) {
  at <- lapply(cells, function(line) grep("^[A-Z][0-9]{1,2}$", line)[1])
  is_well <- !is.na(at) & lengths(cells) %in% 2:4
  if (sum(is_well) < 24 || sum(is_well) < 0.8 * length(cells)) return(NULL)
  well <- unlist(Map(`[`, cells[is_well], at[is_well]))
  value <- vapply(cells[is_well], function(line) c(rev(number(line)[!is.na(number(line))]), NA)[[1]], 0)
  data.frame(row = match(substr(well, 1, 1), row_names), column = as.integer(substring(well, 2)), value)
}

# A line that counts the columns, 1 to 12, 24 or 48, and below it the rows: the value of a well stands below its number.
from_columns <- function(cells) {
  for (i in seq_along(cells)) {
    counted <- number(cells[[i]])
    first <- which(counted == 1)[1]
    if (is.na(first)) next
    counted <- counted[first:length(counted)]
    count <- sum(cumprod(counted %in% 1:48 & counted == seq_along(counted)))
    if (!(count %in% c(12, 24, 48))) next
    below <- cells[-seq_len(i)]
    rows <- below[cumsum(!vapply(below, function(line) any(nzchar(line)), NA)) == 0]
    label <- match(vapply(rows, function(line) c(line, "")[[max(first - 1, 1)]], ""), row_names)
    if (all(is.na(label))) { # SoftMax Pro names no rows, and a row that was not measured is an empty line
      rows <- head(below, count * 2 / 3)
      label <- seq_along(rows)
    }
    values <- t(vapply(rows, function(line) number(line[first:(first + count - 1)]), numeric(count)))
    used <- !is.na(label) & !duplicated(label) & label <= count * 2 / 3 # a second line of a row is another measure
    if (any(!is.na(values[used, ]))) return(wells_of(values[used, , drop = FALSE], label[used]))
  }
}

# A line that names the wells, A1 to H12, and in the next the values below.
from_names <- function(cells) {
  at <- which(vapply(cells, function(line) sum(grepl("^[A-P][0-9]{1,2}$", line)), 0) >= 24)[1]
  if (is.na(at) || at == length(cells)) return(NULL)
  named <- grep("^[A-P][0-9]{1,2}$", cells[[at]])
  well <- cells[[at]][named]
  data.frame(row = match(substr(well, 1, 1), row_names), column = as.integer(substring(well, 2)), value = number(cells[[at + 1]][named]))
}

# Eight, sixteen or thirty-two lines of nothing but numbers and gaps.
from_block <- function(cells) {
  numeric_line <- vapply(cells, function(line) length(line) >= 12 && !anyNA(number(line[nzchar(line)])), NA)
  runs <- rle(numeric_line)
  at <- which(runs$values & runs$lengths %in% c(8, 16, 32))[1]
  if (is.na(at)) return(NULL)
  rows <- cells[sum(runs$lengths[seq_len(at - 1)]) + seq_len(runs$lengths[[at]])]
  values <- t(vapply(rows, function(line) number(line[seq_len(length(rows) * 3 / 2)]), numeric(length(rows) * 3 / 2)))
  wells_of(values, seq_along(rows))
}

wells_of <- function(values, rows) {
  data.frame(row = rep(rows, ncol(values)), column = rep(seq_len(ncol(values)), each = nrow(values)), value = c(values))
}

number <- function(text) suppressWarnings(as.numeric(sub(",", ".", text, fixed = TRUE)))

# Text, whatever the export's encoding; letters that are not UTF-8 (Windows, Mac) stand in no number.
read_lines <- function(file) {
  bytes <- readBin(file, "raw", file.size(file))
  from <- switch(paste(head(bytes, 2), collapse = ""), fffe = "UTF-16LE", feff = "UTF-16BE", "UTF-8")
  if (from == "UTF-8" && any(bytes == 0)) stop(basename(file), " is binary: expected is a text export", call. = FALSE)
  text <- iconv(list(bytes), from, "UTF-8")
  if (is.na(text)) text <- iconv(list(bytes), "latin1", "UTF-8")
  strsplit(sub("^\ufeff", "", text), "\r\n|\r|\n")[[1]]
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
