# Within a run the option `watchrabbit.host` is an environment with the functions measure(name, value, unit, lower,
# upper), progress(fraction, message), not_ready(reason, retry_after) and params(). Outside of one it is NULL.
# An option, so that every copy of this package finds it, whichever way it was loaded.
host <- function() getOption("watchrabbit.host")

# Standard error: what a script prints to standard output is its own.
say <- function(...) cat(unlist(lapply(list(...), as.character)), "\n", sep = "", file = stderr())
