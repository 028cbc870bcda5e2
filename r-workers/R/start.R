# Run once, in the warm parent or in a fresh webR instance.

# `settings`: preload (package names), memory_mb (or NULL). `watchrabbit`: the directory of that package.
start <- function(settings, watchrabbit) {
  offer_package(watchrabbit) # first: a package of the lab may import it
  for (package in settings$preload) {
    frame("loading", package)
    tryCatch(loadNamespace(package), error = function(condition) {
      frame("failed", json_object(package = json_string(package), reason = json_string(conditionMessage(condition))))
      base::quit("no", 3L, FALSE)
    })
  }
  for (package in unlist(loaded_late[names(loaded_late) %in% settings$preload])) requireNamespace(package, quietly = TRUE)
  run$packages <- locks_of(loadedNamespaces())
  run$r <- json_r(run$packages)
  run$own_connections <- getAllConnections()
  if (run$jit > 0L) compile_what_scripts_meet()
  replace_in_base(replacements)
  watch_pages()
  options(device = default_device, keep.source = TRUE)
  if (!is.null(settings$memory_mb)) mem.maxVSize(settings$memory_mb)
  frame("ready", run$r)
}

# What a package loads only when it is used, and every run of it would load anew.
loaded_late <- list(rmarkdown = c("bslib", "highr", "yaml"), ggplot2 = c("farver", "labeling", "withr"))

met_by_scripts <- c(
  "evaluate", "print_warnings", "measure", "varint", "t_int", "t_text", "t_list", "data_page", "column_chunk", "plain_texts",
  "plain_values", "column_pages", "write_parquet", "csv_column", "shortest"
)

# R compiles a closure when it is called again; in a process that serves one run that time would be lost every time. Where
# R compiles nothing (webR, which takes a second for these) it is not done either: that process serves one run as well.
compile_what_scripts_meet <- function() {
  here <- environment(compile_what_scripts_meet)
  for (name in met_by_scripts) here[[name]] <- compiler::cmpfun(here[[name]])
  # A script's own functions are compiled too; reading the compiler in takes longer than using it.
  for (name in ls(asNamespace("compiler"), all.names = TRUE)) get(name, asNamespace("compiler"))
}

# While the script runs: it may divert one of R's two streams, and the other one is taken. Of a long message so much that
# the frame stays one write.
tell_aside <- function(kind, text) {
  stream <- if (sink.number("message") == 2L) stderr() else if (sink.number() == 0L) stdout()
  if (!is.null(stream)) frame(kind, text, stream)
}

# A frame of the control channel: the record separator and a word that no script knows mark it off from what is printed.
# One string, and so one write.
frame <- function(kind, text, stream = stdout()) {
  cat(paste0("\036", run$nonce, " ", kind, " ", text, "\n"), file = stream)
  flush(stream)
}
