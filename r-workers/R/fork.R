# The warm parent of one worker: reads a line from stdin, forks, and the child serves the run that the line describes.
# All that the script prints goes to the same two descriptors, so what lies between its two frames is its log.
# When stdin ends, the product is gone or wants us gone: everything that was started here is killed.

local({
  wr <- new.env(parent = baseenv())
  home <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)[[1L]]))
  for (file in c("json.R", "csv.R", "parquet.R", "offered.R", "values.R", "conditions.R", "base.R", "run.R", "libraries.R", "parameters.R", "report.R", "kinds.R", "start.R", "parent.R")) {
    sys.source(file.path(home, file), wr, keep.source = FALSE)
  }
  wr$parent_loop(file.path(home, "watchrabbit"))
})
