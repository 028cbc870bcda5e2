# A warm worker. Its arguments are the engine, and the files of what it runs. It reads a line from stdin, and a fork of it
# or it itself serves the run that the line describes.
# All that the script prints goes to the same two descriptors, so what lies between its two frames is its log.
# When stdin ends, the product is gone: it ends too, and whatever was started here is killed by the guard of the pool.

local({
  wr <- new.env(parent = baseenv())
  home <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)[[1L]]))
  told <- commandArgs(TRUE)
  for (file in told[-1L]) sys.source(file, wr, keep.source = FALSE)
  serve <- c(fork = "serve_by_forks", spare = "serve_one")[[told[[1L]]]]
  wr[[serve]](file.path(home, "watchrabbit"))
})
