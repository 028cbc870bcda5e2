# With which R and which packages a run worked, and where those come from: enough to install them again.

# A version and a source.
lock_of <- function(package) {
  version <- getNamespaceVersion(package)[[1L]]
  if (package == "base") return(c(version, "base")) # it has no path
  file <- file.path(getNamespaceInfo(package, "path"), "Meta", "package.rds")
  description <- if (file.exists(file)) as.list(readRDS(file)$DESCRIPTION)
  c(version, if (package == "watchrabbit" && is.null(description)) "watchrabbit" else source_of(description))
}

# By the fields that R, remotes, pak, renv and Bioconductor write into DESCRIPTION.
source_of <- function(description) {
  remote <- description$RemoteType
  hosts <- c(github = "GitHub", gitlab = "GitLab", bitbucket = "Bitbucket")
  if (identical(description$Priority, "base")) "base"
  else if (length(remote) && remote %in% names(hosts)) {
    paste0(hosts[[remote]], " ", description$RemoteUsername, "/", description$RemoteRepo, "@", description$RemoteSha)
  }
  else if (length(remote) && remote %in% c("git", "git2r", "xgit")) paste0(description$RemoteUrl, "@", description$RemoteSha)
  else if (!is.null(description$biocViews)) paste(c("Bioconductor", description$git_last_commit), collapse = " ")
  else if (!is.null(description$Repository)) description$Repository
  else "local"
}

locks_of <- function(packages) structure(lapply(packages, lock_of), names = packages)

# As it is now, if the script loaded any package; else as it was at the start.
json_r_now <- function() {
  loaded <- loadedNamespaces()
  fresh <- loaded[!(loaded %in% names(run$packages))]
  if (!length(fresh)) return(run$r)
  json_r(c(run$packages, locks_of(fresh)))
}

json_r <- function(packages) {
  packages <- packages[order(names(packages))]
  by_name <- function(i) paste0("{", paste0(json_string(names(packages)), ":", json_string(vapply(packages, `[[`, "", i)), collapse = ","), "}")
  json_object(
    version = json_string(paste(R.version$major, R.version$minor, sep = ".")),
    platform = json_string(R.version$platform),
    packages = by_name(1L), sources = by_name(2L)
  )
}
