# Sourced by fork.R alone.

parent_loop <- function(watchrabbit) {
  run$jit <- compiler::enableJIT(0L)
  commands <- file("stdin", "r")
  rehearse()
  unlink(tempdir(), recursive = TRUE) # each child makes its own
  suppressWarnings(file.remove(Sys.getenv("TMPDIR"))) # if it is empty
  start(eval(parse(text = readLines(commands, 1L), keep.source = FALSE)), watchrabbit)
  repeat {
    line <- readLines(commands, 1L)
    if (!length(line)) break
    if (startsWith(line, "mark ")) {
      frame("mark", substring(line, 6L))
      next
    }
    if (identical(line, "child")) {
      frame("child", run$child$pid)
      next
    }
    parallel:::cleanup(FALSE, FALSE, FALSE) # forgets the children that have ended, and kills none
    run$child <- parallel:::mcfork(TRUE)
    if (inherits(run$child, "masterProcess")) {
      serve_forked(line, commands)
      parallel:::mcexit(0L)
    }
  }
  kill_all()
}

# R reads a function in from its package's file when it is used first: all of base, and what nearly every script uses of
# the rest, is read in here, once, and not in each run.
rehearse <- function() {
  for (name in ls(baseenv(), all.names = TRUE)) get(name, baseenv())
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

serve_forked <- function(line, commands) {
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

# Everything that carries our marker in its environment, twice: what is killed cannot start anything more.
kill_all <- function() {
  slot <- Sys.getenv("WATCHRABBIT_SLOT")
  if (!grepl("^[0-9a-f-]{36}$", slot)) return() # without a slot of our own nothing is ours
  marker <- charToRaw(paste0("WATCHRABBIT_SLOT=", slot))
  for (round in 1:2) for (pid in as.integer(list.files("/proc", "^[0-9]+$"))) {
    environ <- tryCatch(suppressWarnings(readBin(file.path("/proc", pid, "environ"), "raw", 1048576L)), error = function(e) raw())
    if (length(grepRaw(marker, environ, fixed = TRUE))) kill(pid)
  }
}

# 0 and below are whole groups, 1 is init.
kill <- function(pid) if (isTRUE(pid > 1L) && pid != Sys.getpid()) tools::pskill(pid, 9L)
