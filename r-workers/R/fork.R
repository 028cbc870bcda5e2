# A warm worker, of which its argument says the engine: it reads a line from stdin, and a fork of it or it itself serves
# the run that the line describes.
# All that the script prints goes to the same two descriptors, so what lies between its two frames is its log.
# When stdin ends, the product is gone: it ends too, and whatever was started here is killed by the guard of the pool.

local({
  wr <- new.env(parent = baseenv())
  home <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)[[1L]]))
  for (file in c("json.R", "csv.R", "parquet.R", "offered.R", "values.R", "plots.R", "conditions.R", "base.R", "run.R", "lock.R", "libraries.R", "parameters.R", "report.R", "kinds.R", "start.R", "parent.R")) {
    sys.source(file.path(home, file), wr, keep.source = FALSE)
  }
  serve <- c(fork = "serve_by_forks", spare = "serve_one")[[commandArgs(TRUE)]]
  wr[[serve]](file.path(home, "watchrabbit"))
})
