# A script that Rscript runs sees its arguments, may quit, and stands at the top of the call stack. So that it sees the
# same here, five functions of base are replaced, for the process of one run alone, before it begins.

originals <- list(commandArgs = base::commandArgs, set.seed = base::set.seed, RNGkind = base::RNGkind)

replace_in_base <- function(functions) {
  for (name in names(functions)) {
    unlockBinding(name, baseenv())
    assign(name, functions[[name]], envir = baseenv())
    lockBinding(name, baseenv())
  }
}

run_arguments <- function(trailingOnly = FALSE) {
  given <- c(unname(run$request$inputs), run$out)
  if (trailingOnly) given else c(originals$commandArgs()[[1L]], "--no-echo", "--no-restore", paste0("--file=", run$request$script), "--args", given)
}

quit_run <- function(save = "default", status = 0, runLast = TRUE) {
  if (!identical(Sys.getpid(), run$pid)) return(.Internal(quit("no", status, FALSE)))
  status <- as.integer(status)
  if (is.na(status) || status == 0L) end_run(list(outcome = "completed"))
  end_run(list(outcome = "failed", code = "R_QUIT", message = paste("the script called quit with status", status), status = status))
}

# The seed that we set is L'Ecuyer's, good for parallel streams. A script that sets its own seed or generator gets the
# numbers that it gets in plain R.
own_generator <- function() replace_in_base(originals[c("set.seed", "RNGkind")])

replacements <- list(
  quit = quit_run,
  q = quit_run,
  # `if (sys.nframe() == 0) main()` is how scripts ask whether they were run or sourced.
  sys.nframe = function() {
    frame <- .Internal(sys.nframe())
    if (identical(frame, run$depth)) 0L else frame
  },
  set.seed = function(seed, kind = NULL, normal.kind = NULL, sample.kind = NULL) {
    own_generator()
    originals$set.seed(seed, if (is.null(kind)) "Mersenne-Twister" else kind, normal.kind, sample.kind)
  },
  RNGkind = function(kind = NULL, normal.kind = NULL, sample.kind = NULL) {
    if (!is.null(kind)) own_generator()
    originals$RNGkind(kind, normal.kind, sample.kind)
  }
)
