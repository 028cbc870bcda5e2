# A plot becomes two files: PNG at 150 dots per inch, and SVG with its text as paths, so that it looks the same without
# the fonts. What is returned is 7 x 5 inches; a page that was drawn on the device that plot() opens by itself is as large
# as that device, 7 x 7 unless the script says otherwise. Neither file holds a time: equal plots are equal bytes.

keep_plot <- function(plot, name) {
  if (inherits(plot, "recordedplot")) run$returned_plots <- c(run$returned_plots, list(plot[[1L]]))
  draw_plot(if (inherits(plot, "recordedplot")) function() grDevices::replayPlot(plot) else function() print(plot), name, 7, 5)
}

# Drawn once, because what is drawn again may warn again and throw other dice; the second file is a copy of the first.
draw_plot <- function(draw, name, width, height) {
  png <- kept_file(unused_name(name), ".png")
  drawn <- on_device(grDevices::png(png, width = width, height = height, units = "in", res = 150, type = "cairo"), {
    grDevices::dev.control("enable")
    draw()
    grDevices::recordPlot()
  })
  if (!file.exists(png)) return(warning("the plot ", name, " is empty: nothing was drawn", call. = FALSE))
  svg <- sub("png$", "svg", png)
  on_device(grDevices::svg(svg, width = width, height = height), grDevices::replayPlot(drawn))
  renumber(svg)
}

on_device <- function(open, draw) {
  before <- grDevices::dev.cur()
  open
  device <- grDevices::dev.cur()
  on.exit({
    originals$dev.off(device)
    if (before > 1L) grDevices::dev.set(before)
  })
  draw
}

# Cairo numbers its surfaces and images through the life of a process; here from 1 in each file.
renumber <- function(svg) {
  lines <- readLines(svg, warn = FALSE, encoding = "UTF-8")
  some <- grep("[\"#](surface|image|source-)[0-9]", lines)
  found <- gregexpr("(?<=[\"#])(surface|image|source-)[0-9]+", lines[some], perl = TRUE)
  names <- regmatches(lines[some], found)
  known <- unique(unlist(names))
  regmatches(lines[some], found) <- lapply(names, function(name) paste0(sub("[0-9]+$", "", name), match(name, known)))
  writeLines(lines, svg, useBytes = TRUE)
}

# What plot() opens by itself: Rplots.pdf as in Rscript, and recordPlot() works as it does on a screen. Its pages are kept.
default_device <- function(file = "Rplots.pdf", width = 7, height = 7, ...) { # dev.new() looks for these names
  grDevices::pdf(file, width, height, ...)
  grDevices::dev.control("enable")
  run$own_devices <- c(run$own_devices, grDevices::dev.cur())
  run$own_file <- file.path(getwd(), file)
}

most_pages <- 50L

# A page is over when the next one begins, or its device is closed.
page_over <- function(device = grDevices::dev.cur()) {
  if (!(device %in% run$own_devices) || !(device %in% grDevices::dev.list())) return()
  current <- grDevices::dev.cur()
  grDevices::dev.set(device)
  on.exit(grDevices::dev.set(current))
  picture <- grDevices::recordPlot()
  if (is.null(picture[[1L]])) return()
  run$page_count <- run$page_count + 1L
  if (run$page_count <= most_pages) run$pages <- c(run$pages, list(list(picture = picture, size = round(grDevices::dev.size("in"), 3L))))
}

watch_pages <- function() {
  run$page_count <- 0L
  run$own_file <- character()
  run$own_devices <- integer()
  run$pages <- run$returned_plots <- list()
  setHook("before.plot.new", function(...) if (grDevices::dev.cur() %in% run$own_devices && graphics::par("page")) page_over())
  setHook("before.grid.newpage", function(...) page_over())
  originals$dev.off <<- grDevices::dev.off
  off <- function(which = grDevices::dev.cur()) {
    page_over(which)
    if (which %in% run$own_devices) run$own_devices <- setdiff(run$own_devices, which)
    originals$dev.off(which)
  }
  for (place in list(asNamespace("grDevices"), as.environment("package:grDevices"))) {
    unlockBinding("dev.off", place)
    assign("dev.off", off, place)
    lockBinding("dev.off", place)
  }
}

# A page that `analyze` returned as well is kept once, under the name that it has there.
keep_pages <- function() {
  for (device in intersect(run$own_devices, grDevices::dev.list())) page_over(device)
  for (page in run$pages) {
    returned <- vapply(run$returned_plots, identical, NA, page$picture[[1L]])
    if (!any(returned)) draw_plot(function() grDevices::replayPlot(page$picture), "plot", page$size[[1L]], page$size[[2L]])
  }
  if (run$page_count > most_pages) warning(sprintf("of %d plots the first %d were kept", run$page_count, most_pages), call. = FALSE)
}

# After the run, of which they cannot change the end.
try_to_keep_pages <- function() {
  tryCatch(
    withCallingHandlers(keep_pages(), warning = on_warning),
    error = function(condition) run$warnings <- c(run$warnings, paste("plots were not kept:", readable(conditionMessage(condition))))
  )
}
