# The package watchrabbit is what a script may call and never has to. It is here without being installed, loaded and
# attached: `wr_measure`, `watchrabbit::wr_measure` and `library(watchrabbit)` work. Below it is what it speaks to.

# The package from its sources, as loadNamespace() and library() would have it from an installed one.
offer_package <- function(directory) {
  version <- read.dcf(file.path(directory, "DESCRIPTION"), "Version")[[1L]]
  namespace <- registered_namespace("watchrabbit", version, directory)
  for (file in list.files(file.path(directory, "R"), full.names = TRUE)) sys.source(file, namespace, keep.source = FALSE)
  if (run$jit > 0L) for (name in ls(namespace)) namespace[[name]] <- compiler::cmpfun(namespace[[name]])
  namespaceExport(namespace, parseNamespaceFile("watchrabbit", dirname(directory))$exports)
  lockEnvironment(namespace, TRUE)
  options(watchrabbit.host = list2env(host))
  attachNamespace(namespace)
}

# What base keeps in a namespace that it makes itself.
registered_namespace <- function(name, version, path) {
  imports <- structure(new.env(parent = .BaseNamespaceEnv), name = paste0("imports:", name))
  namespace <- new.env(parent = imports)
  namespace$.__NAMESPACE__. <- new.env(parent = baseenv())
  namespace$.__NAMESPACE__.$spec <- c(name = name, version = version)
  setNamespaceInfo(namespace, "exports", new.env(parent = baseenv()))
  setNamespaceInfo(namespace, "imports", list(base = TRUE))
  setNamespaceInfo(namespace, "path", path)
  setNamespaceInfo(namespace, "dynlibs", NULL)
  setNamespaceInfo(namespace, "S3methods", matrix(NA_character_, 0L, 4L))
  setNamespaceInfo(namespace, "lazydata", structure(new.env(parent = baseenv()), name = paste0("lazydata:", name)))
  namespace$.__S3MethodsTable__. <- new.env(parent = baseenv())
  .Internal(registerNamespace(name, namespace))
  namespace
}

# What the package holds on to within a run. An installed copy may be older or newer than these sources: these names and
# their arguments stay.
host <- list(
  measure = function(name, value, unit, lower, upper) measure(name, value, unit, lower, upper),
  # The package has written the line of the log.
  progress = function(fraction, message) {
    tell_aside("progress", json_object(fraction = json_number(fraction), message = json_string(substr(readable(message), 1L, 200L))))
  },
  not_ready = function(reason, retry_after) {
    end_run(list(
      outcome = "not-ready", code = "R_NOT_READY", message = readable(reason),
      retry_after_ms = if (!is.null(retry_after)) 1000 * retry_after
    ))
  },
  params = function() run$request$params
)

measure <- function(name, value, unit = "", lower = NA_real_, upper = NA_real_) {
  if (!is.null(run$measurements[[name]])) warning("measurement ", name, " was given twice; the last one counts", call. = FALSE)
  run$measurements[[name]] <- list(value = as.double(value), unit = readable(unit), lower = lower, upper = upper)
}
