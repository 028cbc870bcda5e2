# A warm R: it has the packages loaded, and does the work that it is named for as often as it is told, a number a line. It
# answers with how long each took, in milliseconds. Arguments: the work, the file it is done with, a directory.
told <- commandArgs(TRUE)
file <- told[[2L]]
directory <- told[[3L]]

load_packages <- function() {
  for (package in c("ggplot2", "rmarkdown")) suppressPackageStartupMessages(library(package, character.only = TRUE))
}
printed_by <- function(file) utils::capture.output(source(file))
printed_when_loaded <- function(file, load_packages) {
  load_packages()
  utils::capture.output(source(file))
}

# Each runs a script and gives what it printed.
run_by <- list(
  "callr::r" = function() callr::r(printed_when_loaded, list(file, load_packages)),
  "callr::r_session" = function() session$run(printed_by, list(file)),
  Rserve = function() {
    connection <- RSclient::RS.connect(file.path(directory, "rserve.socket"), 0L)
    on.exit(RSclient::RS.close(connection))
    RSclient::RS.eval(connection, bquote(utils::capture.output(source(.(file)))), lazy = FALSE)
  },
  "parallel::mcparallel" = function() parallel::mccollect(parallel::mcparallel(printed_by(file)))[[1L]],
  "rmarkdown::render" = function() {
    rmarkdown::render(file, output_dir = directory, intermediates_dir = directory, envir = new.env(), quiet = TRUE)
    "done"
  }
)[[told[[1L]]]]

load_packages()
if (told[[1L]] == "callr::r_session") {
  session <- callr::r_session$new(wait = TRUE)
  session$run(load_packages)
}
milliseconds <- function() {
  from <- Sys.time()
  printed <- run_by()
  taken <- as.numeric(Sys.time() - from, units = "secs") * 1000
  stopifnot(identical(printed, "done"))
  taken
}
invisible(milliseconds())
cat("ready\n")
asked <- file("stdin", "r")
while (length(line <- readLines(asked, 1L))) {
  cat(replicate(as.integer(line), milliseconds()), "\n")
}
