# Reports, rendered from a copy of their own in the run's directory: two renders beside one another would overwrite each
# other's intermediate files, and each give parts of the other's report.

# `.Rmd`, and `.R` written for knitr::spin.
render_report <- function(kind) {
  recognise(kind)
  copy <- own_copy()
  for (package in c("knitr", "rmarkdown")) loadNamespace(package)
  if (!rmarkdown::pandoc_available("1.12.3")) end_run(list(outcome = "failed", code = "R_PANDOC_MISSING", message = "reports need pandoc, which this machine does not have"))
  params <- report_params(knitr::knit_params(header_of(copy)))
  compiler::enableJIT(run$jit)
  rmarkdown::render(copy,
    output_dir = run$out, output_options = self_contained(copy), params = if (length(params)) params,
    envir = globalenv(), quiet = TRUE
  )
  unlink(copy)
}

# In a script for spin the header stands in comments.
header_of <- function(file) {
  lines <- readLines(file, warn = FALSE, encoding = "UTF-8")
  if (run$kind == "spin") sub("^#+' ?", "", lines) else lines
}

# HTML alone knows of it: one file that can be sent on, whatever the report says.
self_contained <- function(file) {
  format <- tryCatch(eval(str2lang(rmarkdown::default_output_format(file)$name), asNamespace("rmarkdown")), error = function(condition) NULL)
  if (is.function(format) && "self_contained" %in% names(formals(format))) list(self_contained = TRUE)
}

own_copy <- function() {
  request <- run$request
  copy <- file.path(getwd(), if (is.null(request$root)) basename(request$script) else substring(request$script, nchar(request$root) + 2L))
  dir.create(dirname(copy), showWarnings = FALSE, recursive = TRUE)
  unlink(copy) # the link that it may be
  file.copy(request$script, copy)
  copy
}

json_params <- function(params) {
  if (!length(params)) return("{}")
  paste0("{", paste0(json_string(names(params)), ":", vapply(params, json_param, ""), collapse = ","), "}")
}

# A day and a moment are text, as their report has them; NA is null.
json_param <- function(x) {
  if (is.null(x)) return("null")
  if (is.list(x)) return(if (is.null(names(x))) json_array(vapply(x, json_param, "")) else json_params(x))
  text <- if (inherits(x, "Date")) json_string(format(x))
  else if (inherits(x, "POSIXct")) json_string(format(x, "%Y-%m-%d %H:%M:%OS6", tz = "GMT"))
  else if (is.logical(x)) tolower(x)
  else if (is.numeric(x)) json_number(x)
  else json_string(x)
  text[is.na(x) & !(is.numeric(x) & is.nan(x))] <- "null"
  if (length(x) == 1L) text else json_array(text)
}

# quarto starts an R of its own, which knows nothing of this one.
render_quarto <- function() {
  recognise("quarto")
  program <- Sys.which(Sys.getenv("QUARTO_PATH", "quarto"))
  if (!nzchar(program)) end_run(list(outcome = "failed", code = "R_QUARTO_MISSING", message = "the report needs quarto, which this machine does not have"))
  copy <- own_copy()
  params <- report_params(knitr::knit_params(header_of(copy)))
  given <- tempfile(fileext = ".yml")
  writeLines(json_params(params), given, useBytes = TRUE) # YAML as well, and none that rounds or guesses
  status <- system2(program, shQuote(c("render", copy, if (length(params)) c("--execute-params", given), "--output-dir", run$out, "-M", "embed-resources:true")))
  if (status != 0L) end_run(list(outcome = "failed", code = "R_QUARTO", message = paste("quarto ended with status", status), status = status))
}
