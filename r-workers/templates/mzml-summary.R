# Mass spectrometry: what an mzML file holds. Spectra by MS level, ranges, total ion current over time, its checksum.
#
#   Rscript mzml-summary.R run.mzML results       or in watchrabbit.yaml:  analysis: ./mzml-summary.R
#
# Reads mzML and indexed mzML, also .gz, a piece at a time. TIC and ranges are those that the file states for each
# spectrum; peaks are not decoded, as base R has no Base64. Nor has it SHA-1: the checksum of an indexed mzML is
# compared by the program sha1sum where that is installed, and said to be unchecked where it is not.
#
# Martens et al., mzML: a community standard for mass spectrometry data, Mol. Cell. Proteomics 10 (2011) R110.000133.
# The numbers MS:1000511 and so on are terms of the PSI-MS vocabulary.

analyze <- function(inputs, params, out) {
  if (length(inputs) != 1) stop("expected is one mzML file, not ", length(inputs), call. = FALSE)
  file <- inputs[[1]]
  tags <- read_tags(file)
  spectra <- read_spectra(tags)
  sum_of <- function(level) {
    those <- spectra[which(spectra$ms_level == level), ]
    limits <- function(x, choose) if (all(is.na(x))) NA_real_ else choose(x, na.rm = TRUE)
    data.frame(
      ms_level = level, spectra = nrow(those), first_min = limits(those$time_min, min), last_min = limits(those$time_min, max),
      lowest_mz = limits(those$lowest_mz, min), highest_mz = limits(those$highest_mz, max), total_ion_current = sum(those$tic, na.rm = TRUE),
      largest_base_peak = limits(those$base_peak, max), peaks = sum(those$peaks, na.rm = TRUE)
    )
  }
  levels <- do.call(rbind, lapply(sort(unique(spectra$ms_level)), sum_of))
  write.csv(spectra, file.path(out, "spectra.csv"), row.names = FALSE)
  if (!is.null(levels)) write.csv(levels, file.path(out, "levels.csv"), row.names = FALSE)
  if (any(!is.na(spectra$time_min) & !is.na(spectra$tic))) draw(spectra, file.path(out, "tic.png"))

  declared <- as.numeric(attribute(grep("^spectrumList ", tags, value = TRUE)[1], "count"))
  if (!is.na(declared) && declared != nrow(spectra)) warning(basename(file), " declares ", declared, " spectra and has ", nrow(spectra), call. = FALSE)
  sha1 <- sha1_agrees(file, tags)
  if (identical(sha1, 0)) warning(basename(file), " does not have the SHA-1 that it states: it was changed after it was written", call. = FALSE)
  keep(rbind(
    data.frame(name = c("spectra", "spectra declared", "chromatograms"), value = c(nrow(spectra), declared, sum(startsWith(tags, "chromatogram "))), unit = ""),
    if (!is.null(levels)) data.frame(name = paste0("MS", levels$ms_level, " spectra"), value = levels$spectra, unit = ""),
    data.frame(name = c("total ion current", "first scan", "last scan", "SHA-1 agrees"),
      value = c(sum(spectra$tic, na.rm = TRUE), range(c(spectra$time_min, NA), na.rm = any(!is.na(spectra$time_min))), sha1),
      unit = c("counts", "min", "min", ""))
  ), out)
}

# The tags that are of use, without their "<"; what is between them, the peaks first of all, is let go.
read_tags <- function(file) {
  connection <- gzfile(file, "rt", encoding = "UTF-8") # also reads what is not compressed
  on.exit(close(connection))
  wanted <- "^(indexedmzML|mzML|run|spectrumList|spectrum|/spectrum|cvParam|referenceableParamGroup|referenceableParamGroupRef|chromatogram|fileChecksum|/mzML)\\b"
  tags <- character()
  repeat {
    lines <- readLines(connection, 20000L, warn = FALSE, skipNul = TRUE)
    if (!length(lines)) break
    pieces <- unlist(strsplit(lines[grepl("<", lines, fixed = TRUE)], "<", fixed = TRUE), use.names = FALSE)
    if (!length(tags) && !any(grepl("^(indexed)?mzML\\b", pieces, useBytes = TRUE))) stop(basename(file), " is no mzML: there is no <mzML> in it", call. = FALSE)
    tags <- c(tags, pieces[grepl(wanted, pieces, useBytes = TRUE)])
  }
  if (!any(startsWith(tags, "mzML"))) stop(basename(file), " is no mzML: there is no <mzML> in it", call. = FALSE)
  if (!any(startsWith(tags, "/mzML"))) stop(basename(file), " is cut off: there is no </mzML> at its end", call. = FALSE)
  tags
}

attribute <- function(tags, name) {
  found <- regmatches(tags, regexec(paste0("\\b", name, " *= *[\"']([^\"']*)[\"']"), tags))
  vapply(found, function(match) if (length(match) == 2) match[[2]] else NA_character_, "")
}

# One row a spectrum. A term may also stand in a group of parameters that the spectrum refers to.
read_spectra <- function(tags) {
  inside <- cumsum(startsWith(tags, "spectrum ")) > cumsum(startsWith(tags, "/spectrum>"))
  spectrum <- cumsum(startsWith(tags, "spectrum "))[inside]
  group <- tags[!inside & cumsum(startsWith(tags, "referenceableParamGroup ")) > 0]
  group_id <- attribute(group[startsWith(group, "referenceableParamGroup ")], "id")[cumsum(startsWith(group, "referenceableParamGroup "))]
  tags <- tags[inside]
  count <- sum(startsWith(tags, "spectrum "))
  term <- function(accession, attribute_name = "value") {
    values <- rep(NA_character_, count)
    shared <- grep(accession, group, fixed = TRUE)
    refers <- startsWith(tags, "referenceableParamGroupRef") & attribute(tags, "ref") %in% group_id[shared]
    values[spectrum[refers]] <- attribute(group[shared], attribute_name)[match(attribute(tags[refers], "ref"), group_id[shared])]
    here <- rev(which(grepl(accession, tags, fixed = TRUE))) # of several the first
    values[spectrum[here]] <- attribute(tags[here], attribute_name)
    values
  }
  number <- function(accession) as.numeric(term(accession))
  starts <- tags[startsWith(tags, "spectrum ")]
  data.frame(
    spectrum = attribute(starts, "id"), ms_level = number("\"MS:1000511\""),
    time_min = number("\"MS:1000016\"") / ifelse(term("\"MS:1000016\"", "unitName") %in% "second", 60, 1),
    peaks = as.numeric(attribute(starts, "defaultArrayLength")), lowest_mz = number("\"MS:1000528\""), highest_mz = number("\"MS:1000527\""),
    base_peak = number("\"MS:1000505\""), tic = number("\"MS:1000285\"")
  )
}

# 1 or 0, or NA where there is no checksum or no program for it. It is over all bytes up to and with "<fileChecksum>".
sha1_agrees <- function(file, tags) {
  stated <- sub("^fileChecksum> *", "", c(grep("^fileChecksum>", tags, value = TRUE), "")[[1]])
  if (!nzchar(trimws(stated)) || !nzchar(suppressWarnings(Sys.which("sha1sum")))) return(NA_real_)
  whole <- tempfile()
  on.exit(unlink(whole))
  from <- gzfile(file, "rb")
  to <- file(whole, "wb")
  while (length(piece <- readBin(from, "raw", 2^24))) writeBin(piece, to)
  close(from)
  close(to)
  size <- file.size(whole)
  end <- file(whole, "rb")
  seek(end, max(0, size - 4096))
  last <- readBin(end, "raw", 4096)
  close(end)
  mark <- utils::tail(grepRaw("<fileChecksum>", last, fixed = TRUE, all = TRUE), 1)
  bytes <- size - length(last) + mark + nchar("<fileChecksum>") - 1
  found <- system(paste("head -c", format(bytes, digits = 15), shQuote(whole), "| sha1sum"), intern = TRUE)
  as.numeric(tolower(substr(found, 1, 40)) == tolower(trimws(stated)))
}

draw <- function(spectra, file) {
  png(file, width = 8, height = 4.5, units = "in", res = 150)
  level <- min(spectra$ms_level, na.rm = TRUE)
  those <- spectra[which(spectra$ms_level == level), ]
  plot(those$time_min, those$tic, type = "h", xlab = "retention time (min)", ylab = "total ion current", main = paste0("MS", level))
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
