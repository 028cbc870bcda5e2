# How a run ends other than by reaching its last line, and what is kept of warnings and errors.

# Leaves the script at once and unwinds to the run; nothing in the script can catch it.
end_run <- function(end) invokeRestart("watchrabbit_end", end)

most_warnings <- 100L
# R's own messages end there; those of a script may be of any length.
most_characters <- 8192L

on_warning <- function(condition) {
  level <- getOption("warn", 0)
  if (level >= 2) return() # R makes an error of it
  run$warning_count <- run$warning_count + 1L
  call <- call_of(condition)
  text <- paste(c(if (!is.null(call)) c("In ", call, " : "), message_of(condition)), collapse = "")
  if (run$warning_count <= most_warnings) {
    run$warnings <- c(run$warnings, text)
    tell_aside("warning", json_string(substr(text, 1L, 500L))) # for the record of a run that is killed
  }
  if (level == 1) cat("Warning: ", text, "\n", sep = "", file = stderr())
  else if (level == 0 && run$warning_count <= most_warnings) run$unprinted <- c(run$unprinted, text)
  tryInvokeRestart("muffleWarning")
}

message_of <- function(condition) {
  message <- readable(conditionMessage(condition))
  if (nchar(message) > most_characters) paste(substr(message, 1L, most_characters), "...") else message
}

# As Rscript does it, after each top-level expression.
print_warnings <- function() {
  if (length(run$unprinted)) cat(if (length(run$unprinted) == 1L) "Warning message:\n" else "Warning messages:\n", paste0(run$unprinted, "\n"), sep = "", file = stderr())
  run$unprinted <- character()
}

on_error <- function(condition) {
  if (identical(sys.function(-1L), signalCondition)) run$announced <- condition # not raised: the script goes on
  else fail(condition, sys.calls())
}

# rlang, and with it the tidyverse, announces an error; where nobody takes it, it prints it, and stops with a condition
# that is no error and says nothing.
on_stop <- function(condition) {
  if (inherits(condition, "error") || !identical(sys.function(-1L), stop)) return()
  silent <- is.list(condition) && identical(condition$message, "")
  if (silent && !is.null(run$announced)) fail(run$announced, sys.calls(), printed = TRUE)
  fail(condition, sys.calls())
}

# `calls` end with that of the handler.
fail <- function(condition, calls, printed = FALSE) {
  message <- message_of(condition)
  call <- call_of(condition)
  print_warnings()
  if (!printed) cat("Error", if (is.null(call)) ": " else c(" in ", call, " : "), message, "\n", sep = "", file = stderr())
  end_run(list(
    outcome = "failed", code = "R_ERROR", message = message, call = call,
    condition_class = class(condition), traceback = traceback_lines(calls)
  ))
}

# NULL at the top level of the script, where R names no call, and where there is ours.
call_of <- function(condition) {
  call <- conditionCall(condition)
  if (!is.null(call) && !identical(call, quote(eval(expression, envir)))) short_call(call)
}

# Innermost call first, as R's traceback() prints it, with file and line; our own frames left out.
traceback_lines <- function(calls) {
  calls <- calls[-seq_len(max(run$depth, frames_of_knitr(calls)))]
  handling <- vapply(calls, function(call) identical(call[[1L]], quote(.handleSimpleError)), NA)
  calls <- if (any(handling)) calls[seq_len(max(which(handling)) - 1L)] else calls[-length(calls)]
  lines <- rev(vapply(calls, located_call, ""))
  if (length(lines) <= 100L) return(lines)
  c(lines[1:50], sprintf("... %d calls left out ...", length(lines) - 100L), lines[length(lines) - 49:0])
}

# What lies between a report and its code: knitr, evaluate, and how the one of its version calls the other.
frames_of_knitr <- function(calls) {
  heads <- vapply(calls, function(call) deparse(call[[1L]], nlines = 1L), "")
  from <- match("evaluate::evaluate", heads)
  at <- from + match("withVisible", heads[-seq_len(max(from, 0L, na.rm = TRUE))])
  if (is.na(at)) return(0L)
  while (isTRUE(heads[at + 1L] %in% c("eval_with_user_handlers", "do.call", "eval"))) at <- at + 1L
  at
}

located_call <- function(call) {
  where <- attr(call, "srcref", exact = TRUE)
  if (is.null(where)) return(short_call(call))
  file <- attr(where, "srcfile")$filename
  paste0(short_call(call), " at ", if (length(file)) paste0(basename(file), "#"), where[[1L]])
}

short_call <- function(call) {
  text <- readable(deparse(call, nlines = 2L))
  text <- if (length(text) > 1L) paste(text[[1L]], "...") else text
  if (nchar(text) > 200L) paste0(substr(text, 1L, 200L), " ...") else text
}
