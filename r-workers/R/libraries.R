# The library of an analysis that is a folder: that of its renv, and what its renv.lock or its DESCRIPTION asks for.

activate_library <- function() {
  root <- run$request$root
  if (is.null(root)) return()
  own <- renv_library(run$request$project)
  if (length(own)) {
    .libPaths(c(own, .libPaths()))
    Sys.setenv(R_LIBS = paste(.libPaths(), collapse = ":")) # for every R that the analysis starts
  }
  lock <- file.path(root, "renv.lock")
  description <- file.path(root, "DESCRIPTION")
  if (file.exists(lock)) check_lock(lock)
  else if (file.exists(description)) check_description(description)
}

# Where renv keeps it: since its 1.1 below the name of the system.
renv_library <- function(project) {
  r <- paste0("R-", R.version$major, ".", sub("[.].*", "", R.version$minor))
  Sys.glob(file.path(project, c("renv/library", "renv/library/*"), r, R.version$platform))
}

check_lock <- function(lock) {
  text <- paste(readLines(lock, warn = FALSE, encoding = "UTF-8"), collapse = "\n")
  entry <- "\"Package\"\\s*:\\s*\"([^\"]+)\"[^{}]*?\"Version\"\\s*:\\s*\"([^\"]+)\""
  entries <- regmatches(text, gregexpr(entry, text, perl = TRUE))[[1L]]
  packages <- sub(paste0(entry, ".*"), "\\1", entries, perl = TRUE)
  asked <- sub(paste0(entry, ".*"), "\\2", entries, perl = TRUE)
  found <- versions_found(packages)
  refuse_lacking(packages[is.na(found)], "renv.lock")
  other <- found != asked
  if (any(other)) warning("renv.lock asks for ", paste(packages[other], asked[other], collapse = ", "), "; here is ", paste(packages[other], found[other], collapse = ", "), call. = FALSE)
}

# Those that it depends on are attached, as they are for a package that is loaded.
check_description <- function(file) {
  fields <- read.dcf(file, c("Depends", "Imports"))
  asked <- lapply(fields[1L, ], function(field) trimws(sub("[(].*", "", strsplit(field, ",")[[1L]])))
  asked <- lapply(asked, function(packages) packages[!is.na(packages) & !(packages %in% c("R", ""))])
  refuse_lacking(Filter(function(package) is.na(versions_found(package)), unlist(asked)), "DESCRIPTION")
  for (package in asked$Depends) library(package, character.only = TRUE)
}

# A package that is loaded is the one that will be used.
versions_found <- function(packages) {
  vapply(packages, function(package) {
    if (isNamespaceLoaded(package)) return(getNamespaceVersion(package)[[1L]])
    file <- file.path(.libPaths(), package, "DESCRIPTION")
    file <- file[file.exists(file)]
    if (length(file)) read.dcf(file[[1L]], "Version")[[1L]] else NA_character_
  }, "", USE.NAMES = FALSE)
}

refuse_lacking <- function(packages, asked_by) {
  if (!length(packages)) return()
  end_run(list(outcome = "failed", code = "R_LIBRARY", message = sprintf("%s asks for packages that this R does not have: %s", asked_by, paste(packages, collapse = ", "))))
}
