# Sourced by fork.R alone.

# Gives the connection on which runs are told of.
warm_up <- function(watchrabbit) {
  run$jit <- compiler::enableJIT(0L)
  commands <- file("stdin", "r")
  rehearse()
  unlink(tempdir(), recursive = TRUE) # each run makes its own
  suppressWarnings(file.remove(Sys.getenv("TMPDIR"))) # if it is empty
  settings <- eval(parse(text = readLines(commands, 1L), keep.source = FALSE))
  run$nonce <- settings$nonce
  frame("pid", Sys.getpid()) # what was started may be a script that started us
  start(settings, watchrabbit)
  commands
}

# The engine spare: this process serves one run, and goes.
serve_one <- function(watchrabbit) {
  commands <- warm_up(watchrabbit)
  line <- readLines(commands, 1L)
  if (length(line)) serve_line(line, commands)
  tools::pskill(Sys.getpid(), 9L) # whatever the script left for the end of R
}

# The engine fork.
serve_by_forks <- function(watchrabbit) {
  commands <- warm_up(watchrabbit)
  repeat {
    line <- readLines(commands, 1L)
    if (!length(line)) break
    if (startsWith(line, "mark ")) {
      frame("mark", substring(line, 6L))
      next
    }
    if (startsWith(line, "child ")) {
      frame("child", paste(substring(line, 7L), run$child$pid))
      next
    }
    parallel:::cleanup(FALSE, FALSE, FALSE) # forgets the children that have ended, and kills none
    run$child <- parallel:::mcfork(TRUE)
    if (inherits(run$child, "masterProcess")) {
      serve_line(line, commands)
      parallel:::mcexit(0L)
    }
  }
}

# R reads a function in from its package's file when it is used first: all of base and of parallel, which forks, and what
# nearly every script uses of the rest, is read in here, once, and not in each run.
rehearse <- function() {
  for (place in list(baseenv(), asNamespace("parallel"))) for (name in ls(place, all.names = TRUE)) get(name, place)
  file <- tempfile()
  utils::write.csv(data.frame(name = c("a", "b", "b"), value = c(1, 2, 4), day = as.Date("2025-08-15")), file)
  data <- utils::read.csv(file, stringsAsFactors = TRUE)
  data$day <- as.Date(data$day)
  utils::write.table(merge(data, stats::aggregate(value ~ name, data, mean)), file, sep = "\t")
  writeLines(c(format(summary(data)), format(Sys.time()), sprintf("%.3f", stats::sd(data$value))), file)
  writeLines(toupper(trimws(unlist(strsplit(readLines(file), "[,;]")))), file)
  stats::coef(summary(stats::lm(value ~ name, data)))
  tapply(data$value, data$name, stats::median)
  do.call(rbind, lapply(split(data, data$name), utils::head, 1L))
}

serve_line <- function(line, commands) {
  frame("start", Sys.getpid())
  close(commands)
  parallel:::closeFD(0L)
  run$no_input <- file("/dev/null", "r", raw = TRUE) # takes the lowest descriptor, 0: a script that reads stdin sees its end
  run$own_connections <- getAllConnections()
  request <- eval(parse(text = line, keep.source = FALSE))
  Sys.setenv(TMPDIR = request$directory)
  tempdir(check = TRUE)
  serve(request)
  frame("end", request$id)
}
