# Standard curve of one plate: a logistic in log concentration, fitted by the self-starting model SSlogis.
# This file knows nothing of WatchRabbit: source() it and call analyze() in any R session.

read_export <- function(file) {
  lines <- readLines(file)
  header <- grep("^Well,", lines)
  end <- grep("^# end of export", lines)
  plate <- read.csv(text = lines[header:(end - 1)])
  overflow <- plate$OD[is.na(suppressWarnings(as.numeric(plate$OD)))]
  if (length(overflow) > 0)
    stop(length(overflow), " of ", nrow(plate), " wells read \"", overflow[1], "\": dilute the plate and read it again")
  data.frame(well = plate$Well, conc = plate$Conc, density = as.numeric(plate$OD))
}

analyze <- function(inputs, params, out) {
  plate <- read_export(inputs[[1]])
  fit <- nls(density ~ SSlogis(log(conc), Asym, xmid, scal), data = plate)
  curve <- coef(fit)
  cat("fitted", nrow(plate), "wells in", fit$convInfo$finIter, "iterations\n")

  pdf(file.path(out, "curve.pdf"), width = 5, height = 4)
  plot(plate$conc, plate$density, log = "x", xlab = "DNase (ng/ml)", ylab = "optical density", main = params$title)
  x <- exp(seq(log(min(plate$conc)), log(max(plate$conc)), length.out = 200))
  lines(x, predict(fit, list(conc = x)))
  dev.off()

  # Back-calculation: what concentration the curve gives for each density.
  plate$recovered <- exp(curve[["xmid"]] - curve[["scal"]] * log(curve[["Asym"]] / plate$density - 1))
  list(
    Asym = curve[["Asym"]],
    xmid = curve[["xmid"]],
    scal = curve[["scal"]],
    residual_sd = sigma(fit),
    standards = plate
  )
}
