# System suitability: Levey-Jennings charts of the series in a table of runs, with Westgard's rules.
#
#   Rscript system-suitability-qc.R runs.csv results       or in watchrabbit.yaml:  analysis: ./system-suitability-qc.R
#
# Reads a table with a header, one line a run of a series, in the order of time. Unless named, the value is the retention
# time, and a series is a precursor (peptide, analyte, compound):
#   params: { value: MaxFWHM, series: Precursor, unit: min, guide: 20 }
# Mean and SD come from the first 20 runs (`guide`) of each series; these should be known to be good.
#
# 1-3s: beyond 3 SD. 2-2s: two in a row beyond the same 2 SD. R-4s: two in a row beyond opposite 2 SD. 4-1s: four in a
# row beyond the same 1 SD. 10x: ten in a row on one side. Westgard et al., Clin. Chem. 27 (1981) 493-501.
# XmR: beyond mean +- 2.66 mean |moving range|. Wheeler & Chambers, Understanding Statistical Process Control (1992).

analyze <- function(inputs, params, out) {
  runs <- do.call(rbind, lapply(inputs, read_runs, params))
  guide <- if (is.null(params$guide)) 20 else params$guide
  charts <- lapply(split(runs, factor(runs$series, unique(runs$series))), chart, guide)
  runs <- do.call(rbind, charts)
  limits <- unique(runs[c("series", "mean", "sd", "moving_range", "xmr_lower", "xmr_upper")])
  write.csv(runs[c("series", "run", "value", "z", rules)], file.path(out, "runs.csv"), row.names = FALSE)
  write.csv(limits, file.path(out, "limits.csv"), row.names = FALSE)
  draw(charts, file.path(out, "levey-jennings.png"))

  unit <- if (is.null(params$unit)) "" else params$unit
  of_series <- function(chart) data.frame(
    name = paste(chart$series[[1]], c("mean", "SD", "last z", "runs beyond XmR", "runs against Westgard")),
    value = c(chart$mean[[1]], chart$sd[[1]], chart$z[[nrow(chart)]], sum(chart$XmR), sum(rowSums(chart[westgard]) > 0)),
    unit = c(unit, unit, "SD", "runs", "runs")
  )
  keep(rbind(
    do.call(rbind, lapply(charts, of_series)),
    data.frame(name = c("series", "runs"), value = c(length(charts), nrow(runs)), unit = c("series", "runs"))
  ), out)
}

westgard <- c("1-3s", "2-2s", "R-4s", "4-1s", "10x")
rules <- c(westgard, "XmR")

# Limits from the guide runs, and for each run and rule whether the rule is broken there, by the last run that it takes.
chart <- function(runs, guide) {
  runs <- runs[!is.na(runs$value), ]
  known <- head(runs$value, guide)
  if (length(known) < 5 || sd(known) == 0) stop(runs$series[[1]], " has no five runs that differ: no limits can be drawn", call. = FALSE)
  runs$run <- seq_len(nrow(runs))
  runs$mean <- mean(known)
  runs$sd <- sd(known)
  runs$z <- (runs$value - runs$mean) / runs$sd
  runs$moving_range <- mean(abs(diff(known)))
  runs$xmr_lower <- runs$mean - 2.66 * runs$moving_range
  runs$xmr_upper <- runs$mean + 2.66 * runs$moving_range
  last_of <- function(n, holds) {
    if (length(holds) < n) return(rep(FALSE, length(holds)))
    rowSums(embed(c(rep(FALSE, n - 1), holds), n)) == n
  }
  z <- runs$z
  runs[["1-3s"]] <- abs(z) > 3
  runs[["2-2s"]] <- last_of(2, z > 2) | last_of(2, z < -2)
  runs[["R-4s"]] <- c(FALSE, pmax(z[-1], head(z, -1)) > 2 & pmin(z[-1], head(z, -1)) < -2)
  runs[["4-1s"]] <- last_of(4, z > 1) | last_of(4, z < -1)
  runs[["10x"]] <- last_of(10, z > 0) | last_of(10, z < 0)
  runs$XmR <- runs$value < runs$xmr_lower | runs$value > runs$xmr_upper
  runs
}

draw <- function(charts, file) {
  columns <- ceiling(sqrt(length(charts)))
  png(file, width = 4 * columns, height = 2.8 * ceiling(length(charts) / columns), units = "in", res = 100)
  par(mfrow = c(ceiling(length(charts) / columns), columns), mar = c(3, 4, 2, 1))
  for (runs in charts) {
    limits <- runs$mean[[1]] + -3:3 * runs$sd[[1]]
    plot(runs$run, runs$value, type = "b", pch = 20, ylim = range(limits, runs$value), xlab = "", ylab = "", main = runs$series[[1]])
    abline(h = limits, lty = c(1, 2, 3, 1, 3, 2, 1), col = c("red", "orange", "grey", "black", "grey", "orange", "red"))
    broken <- rowSums(runs[westgard]) > 0
    points(runs$run[broken], runs$value[broken], col = "red", cex = 1.5)
  }
  dev.off()
}

read_runs <- function(file, params) {
  lines <- read_lines(file)
  sep <- if (any(grepl("\t", head(lines, 1)))) "\t" else if (any(grepl(";", head(lines, 1)))) ";" else ","
  table <- if (length(lines) > 1) read.table(text = lines, sep = sep, header = TRUE, colClasses = "character", check.names = FALSE,
    fill = TRUE, strip.white = TRUE, quote = "\"", comment.char = "")
  column <- function(named, pattern) {
    if (is.null(named)) return(grep(pattern, names(table), ignore.case = TRUE)[1])
    if (!(named %in% names(table))) stop(basename(file), " has no column ", named, ": it has ", toString(names(table)), call. = FALSE)
    match(named, names(table))
  }
  value <- column(params$value, "retention.?time|^rt$")
  series <- column(params$series, "^(precursor|peptide|analyte|compound|level)")
  if (is.na(value)) stop(basename(file), " has no retention time: expected is a table of runs with a header; another ",
    "column is named by params: { value: ... }", call. = FALSE)
  number <- function(text) suppressWarnings(as.numeric(sub(",", ".", text, fixed = TRUE)))
  data.frame(series = if (is.na(series)) names(table)[[value]] else table[[series]], value = number(table[[value]]))
}

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
