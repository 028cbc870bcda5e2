# ELISA: a four-parameter logistic standard curve for each plate, and what it says of standards and samples.
#
#   Rscript elisa-4pl.R plate.txt results       or in watchrabbit.yaml:  analysis: ./elisa-4pl.R
#
# Reads SoftMax Pro text exports (groups "Standards", "Unknowns", ...), and tables with a header: concentration (empty
# for samples), OD, and if you like sample, well and dilution.
#
# y = D + (A - D) / (1 + (x / C)^B) by unweighted least squares: A is the response at zero, D at infinity, C the ED50,
# B the slope. Rodbard & Frazier, Methods Enzymol. 37 (1975) 3-22. Back-calculated: x = C ((A - y) / (y - D))^(1 / B).

analyze <- function(inputs, params, out) {
  wells <- do.call(rbind, lapply(inputs, read_wells))
  if (length(inputs) > 1) wells$plate <- paste(wells$file, wells$plate)
  plates <- split(wells, factor(wells$plate, unique(wells$plate)))
  curves <- lapply(plates, function(plate) fit_4pl(plate$standard, plate$value))
  wells <- do.call(rbind, Map(back_calculate, plates, curves))
  standards <- wells[!is.na(wells$standard), ]
  samples <- wells[is.na(wells$standard), ]
  standards$recovery_percent <- 100 * standards$concentration / standards$standard
  samples$adjusted <- samples$concentration * samples$dilution
  columns <- c("plate", "group", "sample", "well", "value", "concentration")
  write.csv(standards[c(columns, "standard", "recovery_percent")], file.path(out, "standards.csv"), row.names = FALSE)
  write.csv(samples[c(columns, "dilution", "adjusted", "in_range")], file.path(out, "samples.csv"), row.names = FALSE)
  draw(standards, curves, file.path(out, "curves.png"))

  names <- if (length(curves) > 1) paste0(rep(names(curves), each = 5), ".") else ""
  keep(data.frame(
    name = c(paste0(names, c("A", "B", "C", "D", "R2")), "standards", "samples"),
    value = c(unlist(curves), nrow(standards), nrow(samples)),
    unit = c(rep(c("OD", "", wells$unit[[1]], "OD", ""), length(curves)), "wells", "wells")
  ), out)
}

fit_4pl <- function(x, y) {
  used <- !is.na(x) & !is.na(y)
  x <- x[used]
  y <- y[used]
  means <- tapply(y, x, mean)
  if (length(means) < 5) stop("four parameters need standards of five concentrations or more, not ", length(means), call. = FALSE)
  curve <- function(p) c(A = p[[1]], B = exp(p[[2]]), C = exp(p[[3]]), D = p[[4]])
  squares <- function(p) min(sum((y - response(curve(p), x))^2), 1e300, na.rm = TRUE)
  p <- c(means[[1]], 0, mean(log(x[x > 0])), means[[length(means)]])
  for (round in 1:5) p <- optim(p, squares, control = list(maxit = 5000, reltol = 1e-15))$par
  c(curve(p), R2 = 1 - squares(p) / sum((y - mean(y))^2))
}

response <- function(p, x) p[["D"]] + (p[["A"]] - p[["D"]]) / (1 + (x / p[["C"]])^p[["B"]])

# No concentration (NA) for a response that the curve never reaches.
back_calculate <- function(wells, p) {
  ratio <- (p[["A"]] - wells$value) / (wells$value - p[["D"]])
  ratio[which(ratio < 0)] <- NA
  wells$concentration <- p[["C"]] * ratio^(1 / p[["B"]])
  limits <- range(wells$value[!is.na(wells$standard)], na.rm = TRUE)
  wells$in_range <- wells$value >= limits[[1]] & wells$value <= limits[[2]]
  wells
}

draw <- function(standards, curves, file) {
  standards <- standards[standards$standard > 0, ]
  png(file, width = 7, height = 5, units = "in", res = 150)
  colour <- match(standards$plate, names(curves))
  plot(standards$standard, standards$value, log = "x", col = colour, xlab = paste("concentration", standards$unit[[1]]), ylab = "OD")
  x <- exp(seq(log(min(standards$standard)), log(max(standards$standard)), length.out = 200))
  for (i in seq_along(curves)) lines(x, response(curves[[i]], x), col = i)
  legend("topleft", names(curves), col = seq_along(curves), lty = 1, bty = "n")
  dev.off()
}

# One row a well: file, plate, group, sample, well, value, standard (NA for samples), dilution, unit.
read_wells <- function(file) {
  lines <- read_lines(file)
  at <- grep("^Group: ", lines)
  is_standard <- grepl("^Group: *st(andar)?d", lines[at], ignore.case = TRUE)
  wells <- if (length(at)) do.call(rbind, Map(read_group, at, cumsum(is_standard), is_standard, MoreArgs = list(lines = lines)))
  else read_table(lines, if (grepl("\t", lines[1])) "\t" else if (grepl(";", lines[1])) ";" else ",")
  if (all(is.na(wells$standard))) stop(basename(file), " has no standards: expected is a SoftMax Pro export with a group ",
    "of standards, or a table with the columns concentration and OD", call. = FALSE)
  wells$file <- basename(file)
  wells
}

# The table of a group ends with an empty line; sample and concentration stand in the first row of each replicate.
read_group <- function(at, plate, is_standard, lines) {
  end <- at + which(!nzchar(trimws(c(lines[-seq_len(at)], ""))))[[1]]
  wells <- read_table(lines[(at + 1):(end - 1)], "\t")
  if (is.null(wells)) return(NULL)
  filled <- function(x) x[cummax(seq_along(x) * (!is.na(x) & x != ""))]
  wells[c("sample", "dilution")] <- lapply(wells[c("sample", "dilution")], filled)
  wells$standard <- if (is_standard) filled(wells$standard) else NA_real_
  wells$plate <- paste0("plate", max(plate, 1))
  wells$group <- trimws(sub("^Group:", "", lines[[at]]))
  wells
}

read_table <- function(lines, sep) {
  if (length(lines) < 2) return(NULL)
  table <- read.table(text = lines, sep = sep, header = TRUE, colClasses = "character", check.names = FALSE, fill = TRUE,
    strip.white = TRUE, quote = "\"", comment.char = "")
  column <- function(pattern) grep(pattern, names(table), ignore.case = TRUE)[1]
  text <- function(at, otherwise) if (is.na(at)) otherwise else table[[at]]
  number <- function(text) suppressWarnings(as.numeric(sub(",", ".", text, fixed = TRUE)))
  value <- column("^(values?|od|absorbance)\\b")
  if (is.na(value)) return(NULL)
  concentration <- column("^(conc|standard)")
  title <- names(table)[concentration]
  data.frame(
    plate = "plate1", group = "", sample = text(column("^sample"), ""), well = text(column("^wells?$"), ""),
    value = number(table[[value]]), standard = number(text(concentration, "")),
    dilution = number(text(column("^dilution"), "1")), unit = c(regmatches(title, regexpr("[pnum\u00b5]?(g/m?[lL]|M\\b)", title)), "")[[1]]
  )
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
