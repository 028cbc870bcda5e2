# One run of an analysis, in a process (or a webR instance) that serves this run alone.

run <- new.env(parent = emptyenv())

# `request`: id, script, root and project (or NULL), files, inputs (named), params (list), params_json, directory, seed, traceparent.
serve <- function(request) {
  run$reached <- list(prepare = Sys.time())
  begin(request)
  # Not around the script: below handlers that are R can take none of its own (rlang::global_entrace, progressr).
  globalCallingHandlers(error = on_error, warning = on_warning, condition = on_stop)
  run$reached$evaluate <- Sys.time()
  end <- withRestarts(
    {
      analyse()
      list(outcome = "completed")
    },
    watchrabbit_end = function(end) end
  )
  run$reached$outputs <- Sys.time()
  globalCallingHandlers(NULL)
  finish(end)
}

begin <- function(request) {
  run$request <- request
  run$pid <- Sys.getpid()
  run$measurements <- list()
  run$tables <- run$warnings <- run$unprinted <- run$names <- character()
  run$warning_count <- 0L
  work <- file.path(request$directory, "work")
  run$out <- file.path(request$directory, "out")
  for (directory in c(work, run$out)) dir.create(directory, showWarnings = FALSE)
  root <- if (is.null(request$root)) dirname(request$script) else request$root
  # What a folder holds may be written by its own scripts: they write into copies.
  put <- if (is.null(request$root)) file.symlink else copy_file
  for (file in request$files) put_beside(file.path(root, file), file.path(work, file), put)
  setwd(work)
  Sys.setenv(WATCHRABBIT_RUN = request$id, TRACEPARENT = request$traceparent)
  # The kernel refuses to start a program when one variable is longer than 128 KB.
  if (nchar(request$params_json, "bytes") < 100000L) Sys.setenv(WATCHRABBIT_PARAMS = request$params_json)
  originals$RNGkind("L'Ecuyer-CMRG")
  originals$set.seed(request$seed)
  replace_in_base(list(commandArgs = run_arguments))
}

# The script finds what was declared with it where it runs: source("functions.R") works.
put_beside <- function(from, to, put) {
  dir.create(dirname(to), showWarnings = FALSE, recursive = TRUE)
  if (!put(from, to)) copy_file(from, to)
}

copy_file <- function(from, to) file.copy(from, to, copy.date = TRUE)

finish <- function(end) {
  compiler::enableJIT(0L)
  if (Sys.getpid() != run$pid) tools::pskill(Sys.getpid(), 9L) # a fork that the script made came here
  if (end$outcome == "completed" && run$page_count + length(run$own_devices) > 0L) try_to_keep_pages()
  close_what_is_open()
  unlink(run$own_file) # its pages are kept one by one
  file <- file.path(run$request$directory, "record.json")
  connection <- file(file, "wb")
  writeLines(record(end), connection, useBytes = TRUE)
  close(connection)
}

# R would flush these when it ends; what ends here does not end as R does.
close_what_is_open <- function() {
  while (sink.number() > 0L) sink()
  if (sink.number("message") != 2L) sink(type = "message")
  if (length(.Devices) > 1L) grDevices::graphics.off()
  numbers <- getAllConnections()
  for (number in numbers[!(numbers %in% run$own_connections)]) {
    connection <- getConnection(number)
    # A program at the end of a pipe may run for ever: it is not waited for.
    if (inherits(connection, c("file", "gzfile", "bzfile", "xzfile"))) try(close(connection), silent = TRUE)
    else if (isOpen(connection, "write")) try(flush(connection), silent = TRUE)
  }
}

record <- function(end) {
  warnings <- run$warnings
  if (run$warning_count > most_warnings) warnings <- c(warnings, sprintf("... and %d more warnings", run$warning_count - most_warnings))
  json_object(
    outcome = json_word(end$outcome),
    kind = if (!is.null(run$kind)) json_word(run$kind),
    cause = if (end$outcome != "completed") json_cause(end),
    retryAfterMs = if (!is.null(end$retry_after_ms)) json_number(end$retry_after_ms),
    measurements = json_array(if (length(run$measurements)) json_measurements(run$measurements)),
    tables = json_array(run$tables),
    warnings = json_array(if (length(warnings)) json_string(warnings)),
    peakMemoryBytes = json_number(peak_memory_bytes()),
    r = json_r_now(),
    stages = json_array(json_stages())
  )
}

# What the run did one after the other, in milliseconds since the epoch; the last of it ends here.
json_stages <- function() {
  reached <- json_number(1000 * vapply(c(run$reached, list(Sys.time())), as.numeric, 0))
  until <- length(reached) - 1L
  paste0("{\"name\":", json_string(names(run$reached)), ",\"startMs\":", reached[seq_len(until)], ",\"endMs\":", reached[-1L], "}")
}

json_measurements <- function(measurements) {
  values <- vapply(measurements, `[[`, 0, "value")
  units <- vapply(measurements, `[[`, "", "unit")
  paste0(
    "{\"name\":", json_string(names(values)), ",\"value\":", json_number(values), ",\"unit\":", json_string(units),
    json_limits("lower", measurements), json_limits("upper", measurements), "}"
  )
}

# A limit that is not there is left out.
json_limits <- function(which, measurements) {
  limits <- vapply(measurements, `[[`, 0, which)
  ifelse(is.na(limits), "", paste0(",\"", which, "\":", json_number(limits)))
}

json_cause <- function(end) {
  json_object(
    code = json_string(end$code),
    message = json_string(end$message),
    status = if (!is.null(end$status)) json_number(end$status),
    call = if (!is.null(end$call)) json_string(end$call),
    conditionClass = if (!is.null(end$condition_class)) json_array(json_string(end$condition_class)),
    traceback = if (!is.null(end$traceback)) json_array(if (length(end$traceback)) json_string(end$traceback))
  )
}

# The largest resident set of this process, shared pages included; without /proc what R's own collector saw.
peak_memory_bytes <- function() {
  if (!file.exists("/proc/self/status")) {
    used <- gc()
    return(round(sum(used[, ncol(used)]) * 1048576)) # the last column: the most that was used, in MB
  }
  status <- readChar("/proc/self/status", 4096L, useBytes = TRUE)
  at <- regexpr("VmHWM:", status, fixed = TRUE, useBytes = TRUE)
  if (at < 0L) return(NA_real_)
  rest <- substring(status, at + 6L)
  1024 * as.numeric(substring(rest, 1L, regexpr("kB", rest, fixed = TRUE) - 1L))
}
