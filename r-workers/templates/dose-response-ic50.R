# Dose response: a four-parameter logistic curve for each compound and each measure of the wells, and its IC50.
#
#   Rscript dose-response-ic50.R plate.txt results       or in watchrabbit.yaml:  analysis: ./dose-response-ic50.R
#
# Reads Gen5 text exports (Layout with Conc/Dil, then Results; wells that were masked are left out), and tables with a
# header: concentration, response, and if you like compound. The unit of the concentration: params: { unit: uM }.
#
# y = D + (A - D) / (1 + (x / C)^B) by unweighted least squares: A is the response at zero, D at infinity, B the slope,
# C the relative IC50 (half way from A to D), with its 95 % interval from the curvature at the minimum, in log C.
# Sebaugh, Guidelines for accurate EC50/IC50 estimation, Pharm. Stat. 10 (2011) 128-134.

analyze <- function(inputs, params, out) {
  wells <- do.call(rbind, lapply(inputs, read_wells))
  curves <- split(wells, factor(paste(wells$compound, wells$measure), unique(paste(wells$compound, wells$measure))))
  fits <- do.call(rbind, lapply(curves, fit_4pl))
  if (is.null(fits)) stop("no compound has responses at five concentrations or more", call. = FALSE)
  write.csv(wells, file.path(out, "wells.csv"), row.names = FALSE)
  write.csv(fits, file.path(out, "curves.csv"), row.names = FALSE)
  draw(curves[row.names(fits)], fits, file.path(out, "curves.png"))

  unit <- if (is.null(params$unit)) "" else params$unit
  keep(data.frame(
    name = paste(rep(trimws(row.names(fits)), each = 3), c("IC50", "slope", "R2")),
    value = c(rbind(fits$ic50, fits$slope, fits$r_squared)), unit = c(unit, "", "")
  ), out)
}

# Nothing where the responses are of fewer than five concentrations, or all the same.
fit_4pl <- function(wells) {
  wells <- wells[!is.na(wells$concentration) & !is.na(wells$response), ]
  x <- wells$concentration
  y <- wells$response
  means <- tapply(y, x, mean)
  if (length(means) < 5 || diff(range(y)) == 0) return(NULL)
  unit <- diff(range(y))
  curve <- function(p) c(A = p[[1]] * unit, B = exp(p[[2]]), C = exp(p[[3]]), D = p[[4]] * unit)
  squares <- function(p) min(sum(((y - response(curve(p), x)) / unit)^2), 1e300, na.rm = TRUE)
  p <- c(means[[1]] / unit, 0, mean(log(x[x > 0])), means[[length(means)]] / unit)
  for (round in 1:5) p <- optim(p, squares, control = list(maxit = 5000, reltol = 1e-15))$par
  variance <- 2 * squares(p) / (length(y) - 4) * tryCatch(solve(optimHess(p, squares)), error = function(singular) diag(NA_real_, 4))
  margin <- qt(0.975, length(y) - 4) * suppressWarnings(sqrt(variance[3, 3]))
  fit <- curve(p)
  data.frame(
    compound = wells$compound[[1]], measure = wells$measure[[1]], ic50 = fit[["C"]], lower95 = exp(p[[3]] - margin),
    upper95 = exp(p[[3]] + margin), slope = fit[["B"]], at_zero = fit[["A"]], at_infinity = fit[["D"]],
    r_squared = 1 - squares(p) / sum(((y - mean(y)) / unit)^2), wells = length(y),
    within_doses = fit[["C"]] > min(x) & fit[["C"]] < max(x)
  )
}

response <- function(p, x) p[["D"]] + (p[["A"]] - p[["D"]]) / (1 + (x / p[["C"]])^p[["B"]])

draw <- function(curves, fits, file) {
  columns <- ceiling(sqrt(length(curves)))
  png(file, width = 4 * columns, height = 3.2 * ceiling(length(curves) / columns), units = "in", res = 110)
  par(mfrow = c(ceiling(length(curves) / columns), columns), mar = c(4, 4, 2, 1))
  for (i in seq_along(curves)) {
    wells <- curves[[i]][which(curves[[i]]$concentration > 0), ]
    plot(wells$concentration, wells$response, log = "x", xlab = "concentration", ylab = wells$measure[[1]],
      main = sprintf("%s  IC50 %.3g", wells$compound[[1]], fits$ic50[[i]]))
    x <- exp(seq(log(min(wells$concentration)), log(max(wells$concentration)), length.out = 200))
    lines(x, response(c(A = fits$at_zero[[i]], B = fits$slope[[i]], C = fits$ic50[[i]], D = fits$at_infinity[[i]]), x))
    abline(v = fits$ic50[[i]], lty = 2)
  }
  dev.off()
}

# One row a well and measure: compound, well, concentration, measure, response.
read_wells <- function(file) {
  lines <- read_lines(file)
  layout <- grep("^Layout", lines)
  results <- grep("^Results", lines)
  wells <- if (length(layout) && length(results)) read_gen5(lines, layout[[1]], results[[1]]) else read_plain(lines)
  if (is.null(wells) || all(is.na(wells$concentration))) stop(basename(file), " has no concentrations: expected is a Gen5 text ",
    "export with Layout (Conc/Dil) and Results, or a table with the columns concentration and response", call. = FALSE)
  wells
}

# The rows of a plate, A to P, with one line a quantity; its name ends the line.
read_block <- function(lines, at) {
  lines <- lines[(at + 2):length(lines)]
  lines <- lines[seq_len(c(which(!nzchar(trimws(lines))) - 1, length(lines))[[1]])]
  fields <- strsplit(lines, "\t")
  row <- vapply(fields, `[[`, "", 1)
  row <- row[cummax(seq_along(row) * nzchar(row))]
  do.call(rbind, Map(function(row, cells) {
    values <- cells[2:(length(cells) - 1)]
    data.frame(well = paste0(row, seq_along(values)), name = cells[[length(cells)]], value = values)
  }, row, fields))
}

read_gen5 <- function(lines, layout, results) {
  layout <- read_block(lines, layout)
  id <- layout[layout$name == "Well ID", ]
  concentration <- layout[layout$name == "Conc/Dil", ]
  wells <- read_block(lines, results)
  name <- id$value[match(wells$well, id$well)]
  data.frame(
    compound = ifelse(grepl(":", name), sub(":.*", "", name), sub("[0-9]+$", "", name)), well = wells$well,
    concentration = number(concentration$value[match(wells$well, concentration$well)]), measure = wells$name, response = number(wells$value)
  )[nzchar(name) & !startsWith(wells$name, "["), ] # in brackets: what Gen5 read off its own curve
}

read_plain <- function(lines) {
  if (length(lines) < 2) return(NULL)
  sep <- if (grepl("\t", lines[1])) "\t" else if (grepl(";", lines[1])) ";" else ","
  table <- read.table(text = lines, sep = sep, header = TRUE, colClasses = "character", fill = TRUE, strip.white = TRUE, comment.char = "")
  column <- function(pattern) c(grep(pattern, names(table), ignore.case = TRUE), NA)[[1]]
  at <- c(column("^conc|^dose"), column("^(response|signal|value|readout|viability|inhibition)"))
  if (anyNA(at)) return(NULL)
  compound <- column("^(compound|drug|substance)")
  data.frame(
    compound = if (is.na(compound)) "" else table[[compound]], well = "", concentration = number(table[[at[[1]]]]),
    measure = names(table)[[at[[2]]]], response = number(table[[at[[2]]]])
  )
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
