# qPCR: the standard curve of each target (slope, efficiency, R squared), and the quantities of all other wells by it.
#
#   Rscript qpcr-standard-curve.R run.csv results       or in watchrabbit.yaml:  analysis: ./qpcr-standard-curve.R
#
# Reads what QuantStudio, StepOne, LightCycler 480 and CFX Maestro export as text: a table whose header names the well
# and CT, Cq or Cp, below as many lines of settings as the instrument writes. Standards are the wells whose task says
# so and that have a quantity; wells that the operator left out are left out.
#
# Cq = intercept + slope log10(quantity) by least squares; efficiency = 10^(-1 / slope) - 1, 100 % where the slope is
# -3.32. Bustin et al., The MIQE guidelines, Clin. Chem. 55 (2009) 611-622.

analyze <- function(inputs, params, out) {
  wells <- do.call(rbind, lapply(inputs, read_wells))
  targets <- unique(wells$target[wells$standard])
  curves <- do.call(rbind, lapply(targets, function(target) fit_curve(target, wells[wells$standard & wells$target == target, ])))
  curve <- curves[match(wells$target, curves$target), ]
  wells$fitted_quantity <- 10^((wells$cq - curve$intercept) / curve$slope)
  write.csv(curves, file.path(out, "standard-curves.csv"), row.names = FALSE)
  write.csv(wells, file.path(out, "wells.csv"), row.names = FALSE)
  draw(wells[wells$standard, ], curves, file.path(out, "standard-curves.png"))

  of_target <- function(i) data.frame(
    name = paste(curves$target[[i]], c("slope", "intercept", "R2", "efficiency", "standards")),
    value = c(curves$slope[[i]], curves$intercept[[i]], curves$r_squared[[i]], curves$efficiency_percent[[i]], curves$wells[[i]]),
    unit = c("cycles/decade", "cycles", "", "%", "wells")
  )
  keep(do.call(rbind, lapply(seq_along(targets), of_target)), out)
}

fit_curve <- function(target, standards) {
  if (length(unique(standards$quantity)) < 2) stop("the standard curve of ", target, " needs two quantities or more", call. = FALSE)
  fit <- lm(cq ~ log10(quantity), standards)
  slope <- coef(fit)[[2]]
  data.frame(
    target, slope, intercept = coef(fit)[[1]], r_squared = summary(fit)$r.squared,
    efficiency_percent = 100 * (10^(-1 / slope) - 1), wells = nrow(standards)
  )
}

draw <- function(standards, curves, file) {
  png(file, width = 7, height = 5, units = "in", res = 150)
  plot(standards$quantity, standards$cq, log = "x", col = match(standards$target, curves$target), xlab = "quantity", ylab = "Cq")
  for (i in seq_len(nrow(curves))) abline(curves$intercept[[i]], curves$slope[[i]], col = i)
  legend("topright", sprintf("%s: slope %.3f, E %.1f %%, R\u00b2 %.3f", curves$target, curves$slope, curves$efficiency_percent, curves$r_squared),
    col = seq_len(nrow(curves)), lty = 1, bty = "n")
  dev.off()
}

# One row a well: well, sample, target, task, cq (NA if none), quantity, standard.
read_wells <- function(file) {
  lines <- read_lines(file)
  header <- grep("^\\W*((include|color|well|pos)\\b).*\\b(ct|cq|cp|c\u0442)\\b", lines, ignore.case = TRUE)
  if (!length(header)) stop(basename(file), " has no table of wells: expected is a text export of a qPCR run, with a ",
    "header line that names Well and CT, Cq or Cp", call. = FALSE)
  lines <- lines[header[[1]]:length(lines)]
  end <- c(which(!nzchar(gsub("[,;\t ]", "", lines))) - 1, length(lines))[[1]]
  sep <- if (grepl("\t", lines[[1]])) "\t" else if (grepl(";", lines[[1]])) ";" else ","
  table <- read.table(text = lines[seq_len(end)], sep = sep, header = TRUE, colClasses = "character", check.names = FALSE, fill = TRUE,
    strip.white = TRUE, quote = "\"", comment.char = "")
  column <- function(pattern) {
    at <- grep(pattern, names(table), ignore.case = TRUE)[1]
    if (is.na(at)) rep("", nrow(table)) else table[[at]]
  }
  # 20,000.000 and 21,7 and 21.7: the last mark is the decimal one.
  number <- function(text) suppressWarnings(as.numeric(ifelse(
    grepl("\\.[^,]*$", text), gsub(",", "", text), sub(",", ".", gsub(".", "", text, fixed = TRUE), fixed = TRUE)
  )))
  wells <- data.frame(
    well = column(if (any(names(table) == "Well Position")) "^well position$" else "^(well|pos)$"), sample = column("^(sample( name)?|name)$"), target = column("^(target( name)?|detector)$"),
    task = column("^(task|content|standard)$"), cq = number(column("^(ct|cq|cp|c\u0442)$")),
    quantity = number(column("^(quantity|starting quantity.*|concentration)$"))
  )
  left_out <- grepl("^(1|true|yes)$", column("^omit$"), ignore.case = TRUE) | grepl("^false$", column("^include$"), ignore.case = TRUE)
  wells <- wells[!left_out & nzchar(wells$well), ]
  wells$standard <- grepl("^(std|standard|1$)", wells$task, ignore.case = TRUE) & !is.na(wells$cq) & !is.na(wells$quantity) & wells$quantity > 0
  if (!any(wells$standard)) stop(basename(file), " has no standards: expected are wells with the task STANDARD (or the content Std), ",
    "a quantity and a Cq", call. = FALSE)
  wells
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
