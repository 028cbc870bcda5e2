# What `analyze` returned: data frames become tables in Parquet and CSV, plots become PNG and SVG, numbers become measurements, lists are
# looked into. Anything else is named in a warning and left alone.

keep_value <- function(value, name = "") {
  if (is.null(value)) return(invisible())
  jit <- compiler::enableJIT(0L) # compiling what is used a dozen times takes longer than all of its uses
  on.exit(compiler::enableJIT(jit))
  if (is.data.frame(value)) keep_table(value, named_or(name, "table"))
  else if (inherits(value, c("ggplot", "trellis", "recordedplot"))) keep_plot(value, named_or(name, "plot"))
  else if ((is.numeric(value) || inherits(value, "difftime")) && is.null(dim(value))) keep_numbers(value, name)
  else if (is.list(value) && !is.object(value)) keep_list(value, name)
  else warning("analyze returned ", if (nzchar(name)) paste0(name, ", "), "a value of class ", paste(class(value), collapse = "/"),
    ", which was not kept: return data frames, plots and numbers, and write the rest to `out`", call. = FALSE)
  invisible()
}

named_or <- function(name, otherwise) if (nzchar(name)) name else otherwise

item_names <- function(x, prefix) {
  names <- names(x)
  if (is.null(names)) names <- character(length(x))
  names[is.na(names)] <- ""
  if (nzchar(prefix)) names <- ifelse(nzchar(names), paste0(prefix, ".", names), if (length(x) == 1L) prefix else paste0(prefix, ".", seq_along(x)))
  names
}

keep_list <- function(value, name) {
  names <- item_names(value, name)
  for (i in seq_along(value)) keep_value(value[[i]], names[[i]])
}

keep_numbers <- function(value, name) {
  if (inherits(value, "integer64")) value <- doubles_of_integer64(value)
  unit <- units_of(value)
  lower <- limits_of(value, "lower", name)
  upper <- limits_of(value, "upper", name)
  names <- item_names(value, name)
  unnamed <- !nzchar(names)
  names[unnamed] <- if (length(value) == 1L) "value" else paste0("value.", which(unnamed))
  for (i in seq_along(value)) measure(names[[i]], unclass(value)[[i]], unit[[i]], lower[[i]], upper[[i]])
}

# Attribute `unit` or `units`: one for all, or one a number; also what difftime and the package units set.
units_of <- function(value) {
  unit <- attr(value, "unit", exact = TRUE)
  if (is.null(unit)) unit <- attr(value, "units", exact = TRUE)
  if (is.null(unit)) unit <- ""
  rep_len(if (length(unit) == length(value) || is.character(unit)) as.character(unit) else paste(as.character(unit), collapse = " "), length(value))
}

# Attribute `lower` or `upper`: one for all, or one a number. What is not finite is no limit.
limits_of <- function(value, which, name) {
  limit <- attr(value, which, exact = TRUE)
  if (is.null(limit)) return(rep_len(NA_real_, length(value)))
  if (!(is.numeric(limit) || all(is.na(limit))) || !(length(limit) %in% c(1L, length(value)))) {
    warning("the attribute `", which, "` of ", named_or(name, "the numbers"), " was not kept: it must be one number, or one for each", call. = FALSE)
    limit <- NA
  }
  limit <- as.double(limit)
  rep_len(replace(limit, !is.finite(limit), NA), length(value))
}

keep_table <- function(data, name) {
  name <- unused_name(name)
  if (.row_names_info(data) > 0L) data <- cbind(rowname = rownames(data), data)
  types <- vapply(data, column_type, "")
  units <- vapply(data, function(x) units_of(x)[1L], "")
  units[is.na(units)] <- ""
  csv <- kept_file(name, ".csv")
  write_csv(data, types, csv)
  parquet <- if (length(data)) sub("csv$", "parquet", csv) # a table without columns cannot be said in it
  if (length(data)) write_parquet(data, types, table_metadata(names(data), units), parquet)
  run$tables <- c(run$tables, json_object(
    name = json_string(name), rows = json_number(nrow(data)), columns = json_columns(data, types, units),
    file = json_string(basename(csv)), parquetFile = if (length(data)) json_string(basename(parquet))
  ))
}

# What a reader of the Parquet file alone would miss.
table_metadata <- function(names, units) {
  if (!any(nzchar(units))) return(NULL)
  given <- nzchar(units)
  list(units = paste0("{", paste0(json_string(names[given]), ":", json_string(units[given]), collapse = ","), "}"))
}

json_columns <- function(data, types, units) {
  json_array(Map(function(name, type, unit, x) {
    json_object(
      name = json_string(name), type = json_string(type), unit = if (nzchar(unit)) json_string(unit),
      levels = if (type == "factor") json_array(if (nlevels(x)) json_string(levels(x)))
    )
  }, names(data), types, units, data))
}

unused_name <- function(name) {
  candidates <- make.unique(c(run$names, name), sep = "-")
  run$names <- candidates
  candidates[[length(candidates)]]
}

kept_file <- function(name, extension) {
  directory <- file.path(run$request$directory, "returned")
  dir.create(directory, showWarnings = FALSE)
  base <- gsub("[^[:alnum:]._-]", "_", readable(name))
  file <- file.path(directory, paste0(base, extension))
  serial <- 1L
  while (file.exists(file)) {
    serial <- serial + 1L
    file <- file.path(directory, paste0(base, "-", serial, extension))
  }
  file
}
