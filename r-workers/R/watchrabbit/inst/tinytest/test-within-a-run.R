# The run is what the option `watchrabbit.host` holds; every function hands it what it was given, in the run's own types.

kept <- list()
keep <- function(...) kept[[length(kept) + 1L]] <<- list(...)
options(watchrabbit.host = list2env(list(
  measure = function(name, value, unit, lower, upper) keep("measure", name, value, unit, lower, upper),
  progress = function(fraction, message) keep("progress", fraction, message),
  not_ready = function(reason, retry_after) {
    keep("not ready", reason, retry_after)
    stop("the run ends here")
  },
  params = function() list(model = "5PL", dilution = 100)
)))
said <- function(expression) capture.output(expression, type = "message")

expect_equal(said(wr_measure("od", 3L, "OD", lower = 1L)), character(), info = "what is kept is not said")
expect_equal(said(wr_progress(0.25, "a quarter")), "progress 25 %: a quarter")
expect_error(wr_not_ready("too early", 5), "the run ends here")
expect_identical(kept, list(
  list("measure", "od", 3, "OD", 1, NA_real_),
  list("progress", 0.25, "a quarter"),
  list("not ready", "too early", 5)
))
expect_identical(wr_params(model = "4PL", blank = TRUE), list(model = "5PL", dilution = 100, blank = TRUE))

options(watchrabbit.host = NULL)
