# The kinds of analyses, told apart by what the file is and says: nothing in it has to be made for us.

# What lies between one that calls evaluate() and the script: evaluate(), withVisible(), eval(), eval().
frames_of_evaluate <- 4L

analyse <- function() {
  run$depth <- sys.nframe()
  script <- run$request$script
  if (grepl("::", script, fixed = TRUE) && grepl(package_function, script)) return(call_package_function(script))
  activate_library()
  if (basename(script) == "DESCRIPTION") return(call_own_function())
  if (endsWith(tolower(script), ".qmd")) return(render_quarto())
  if (endsWith(tolower(script), ".rmd")) return(render_report("rmarkdown"))
  lines <- read_script(script)
  if (is_spun(lines)) return(render_report("spin"))
  expressions <- parse_script(script, lines)
  if (any(vapply(expressions, is_analyze, NA))) return(call_defined_function(expressions))
  recognise("script")
  run_script(expressions)
}

# Told at once: one that is killed leaves no record.
recognise <- function(kind) {
  run$kind <- kind
  frame("kind", kind)
}

read_script <- function(path) {
  if (!file.exists(path)) end_run(list(outcome = "failed", code = "SCRIPT_MISSING", message = paste("there is no script", path)))
  lines <- readLines(path, warn = FALSE, encoding = "UTF-8")
  if (length(lines) && startsWith(lines[[1L]], "\ufeff")) lines[[1L]] <- substring(lines[[1L]], 2L)
  lines
}

# Written for knitr::spin: it begins with a report's header in comments.
is_spun <- function(lines) {
  first <- Find(nzchar, lines, nomatch = "")
  startsWith(first, "#") && grepl("^#+' *---[ \t]*$", first)
}

parse_script <- function(path, lines) {
  # R would make room for the parse data of a long script, and touch all of it: for those who ask for it, not for us.
  options(keep.parse.data = FALSE)
  on.exit(options(keep.parse.data = TRUE))
  tryCatch(
    parse(text = lines, srcfile = srcfilecopy(basename(path), lines, isFile = TRUE), keep.source = TRUE, encoding = "UTF-8"),
    error = function(condition) {
      message <- readable(conditionMessage(condition))
      cat("Error: ", message, "\n", sep = "", file = stderr())
      end_run(list(outcome = "failed", code = "R_SYNTAX", message = message, condition_class = class(condition)))
    }
  )
}

run_script <- function(expressions, show = TRUE, envir = globalenv()) {
  run$depth <- sys.nframe() + frames_of_evaluate
  compiler::enableJIT(run$jit)
  for (i in seq_along(expressions)) evaluate(expressions[i], show, envir)
}

# `analyze <- function(...)` at top level, also with `=`.
is_analyze <- function(expression) {
  is.call(expression) && length(expression) == 3L &&
    (identical(expression[[1L]], quote(`<-`)) || identical(expression[[1L]], quote(`=`))) &&
    identical(expression[[2L]], quote(analyze)) &&
    is.call(expression[[3L]]) && identical(expression[[3L]][[1L]], quote(`function`))
}

call_defined_function <- function(expressions) {
  recognise("function")
  run_script(expressions, show = FALSE)
  call_function(analyze_call(formals(get("analyze", globalenv()))))
}

# A folder with R/ and no script: its functions, as a package has them, and `analyze` among them.
call_own_function <- function() {
  recognise("function")
  own <- attach(NULL, name = "functions of the analysis")
  files <- list.files(file.path(run$request$root, "R"), "[.][Rr]$", full.names = TRUE)
  for (file in files) run_script(parse_script(file, read_script(file)), show = FALSE, own)
  if (!is.function(own$analyze)) end_run(list(outcome = "failed", code = "R_NO_ANALYZE", message = "the folder has no script to run, and its R/ defines no function analyze"))
  call_function(analyze_call(formals(own$analyze)))
}

# One with `inputs`, `params` or `out` among its arguments gets those by name; any other takes them by position.
analyze_call <- function(formals) {
  if ("..." %in% names(formals)) return(as.call(c(quote(analyze), offered)))
  known <- intersect(names(formals), names(offered))
  as.call(c(quote(analyze), if (length(known)) offered[known] else unname(offered)[seq_len(min(3L, length(formals)))]))
}

offered <- c(inputs = quote(inputs), params = quote(params), out = quote(out))

package_function <- "^[A-Za-z][A-Za-z0-9.]*::[A-Za-z.][A-Za-z0-9._]*$"

# Written for whoever calls it from a script: what it calls inputs, params and out it gets, else the inputs come first;
# and each parameter is the argument of its name.
call_package_function <- function(script) {
  recognise("package-function")
  name <- str2lang(script)
  formals <- formals(args(getExportedValue(as.character(name[[2L]]), as.character(name[[3L]]))))
  known <- intersect(names(formals), names(offered))
  rest <- setdiff(names(formals), known)
  params <- if ("params" %in% known) character() else names(run$request$params)
  unknown <- setdiff(params, rest)
  if (length(unknown) && !("..." %in% rest)) refuse_params(sprintf("%s has no argument %s; it has %s", script, paste(unknown, collapse = ", "), paste(names(formals), collapse = ", ")))
  by_name <- structure(lapply(params, function(param) call("[[", quote(params), param)), names = params)
  call_function(as.call(c(name, if (length(known)) offered[known] else offered[["inputs"]], by_name)))
}

call_function <- function(call) {
  given <- list2env(list(inputs = run$request$inputs, params = run$request$params, out = run$out), parent = globalenv())
  run$depth <- sys.nframe() + frames_of_evaluate
  compiler::enableJIT(run$jit)
  value <- evaluate(as.expression(call), show = FALSE, given)
  keep_value(value)
  print_warnings()
}

evaluate <- function(expression, show, envir = globalenv()) {
  result <- withVisible(eval(expression, envir))
  if (show && result$visible) if (isS4(result$value)) methods::show(result$value) else print(result$value)
  print_warnings()
  invisible(result$value)
}
