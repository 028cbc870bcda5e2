# Data frames as Parquet (github.com/apache/parquet-format), without compression: every column optional, one page a column
# in groups of rows, a factor as codes into its levels. Written here and not in Node, because here the values are already
# in the form that the file wants: a column of a million numbers is one writeBin().

# `types` as column_type() names them; `about`: texts by name, kept with the table.
write_parquet <- function(data, types, about, file) {
  names <- make.unique(ifelse(nzchar(names(data)), readable(names(data)), paste0("column", seq_along(data))))
  connection <- file(file, "wb")
  on.exit(close(connection))
  at <- 0
  put <- function(bytes) {
    writeBin(bytes, connection)
    at <<- at + length(bytes)
  }
  put(charToRaw("PAR1"))
  groups <- lapply(groups_of_rows(nrow(data)), function(rows) {
    count <- if (is.null(rows)) nrow(data) else length(rows)
    begin <- at
    chunks <- lapply(seq_along(data), function(i) {
      pages <- column_pages(rows_of(data[[i]], rows), types[[i]], count)
      dictionary_at <- at
      if (!is.null(pages$dictionary)) put(pages$dictionary)
      data_at <- at
      put(pages$data)
      column_chunk(names[[i]], types[[i]], count, at - dictionary_at, dictionary_at, data_at)
    })
    c(as.raw(0x19), t_list(0x0c, chunks), as.raw(0x16), t_int(at - begin), as.raw(0x16), t_int(count), as.raw(0x00))
  })
  footer <- file_metadata(Map(schema_element, names, types), nrow(data), groups, about)
  put(footer)
  put(writeBin(length(footer), raw(), size = 4L, endian = "little"))
  put(charToRaw("PAR1"))
}

column_pages <- function(x, type, n) {
  missing <- missing_of(x, type)
  some <- any(missing)
  levels <- definition_levels(missing, some, n)
  present <- if (!some) x else if (type == "other") x else x[!missing]
  if (type != "factor") return(list(data = data_page(n, 0L, c(levels, plain_values(present, type)))))
  codes <- unclass(present) - 1L
  size <- if (nlevels(x) <= 256L) 1L else if (nlevels(x) <= 32767L) 2L else 4L
  count <- ceiling(length(codes) / 8)
  packed <- if (count) c(varint(2 * count + 1), writeBin(c(codes, integer(count * 8 - length(codes))), raw(), size = size, endian = "little"))
  list(
    dictionary = dictionary_page(nlevels(x), plain_texts(levels(x))),
    data = data_page(n, 8L, c(levels, as.raw(8L * size), packed))
  )
}

# Null is what R calls NA; NaN is a double like others.
missing_of <- function(x, type) {
  switch(type,
    double = is.na(x) & !is.nan(x),
    factor = is.na(x) | is.na(levels(x)[unclass(x)]),
    integer64 = unclass(x) %in% 0 & 1 / unclass(x) < 0, # the bits of -0; those of others are NaN
    date = , datetime = is.na(x) | !is.finite(unclass(as.POSIXct(x))),
    other = logical(NROW(x)),
    is.na(x)
  )
}

# Runs of the hybrid encoding, one bit a value.
definition_levels <- function(missing, some, n) {
  bytes <- if (!some) c(varint(2 * n), as.raw(1L))
  else c(varint(2 * ceiling(n / 8) + 1), packBits(c(!missing, logical(-n %% 8L))))
  c(writeBin(length(bytes), raw(), size = 4L, endian = "little"), bytes)
}

plain_values <- function(x, type) {
  switch(type,
    logical = packBits(c(as.logical(x), logical(-length(x) %% 8L))),
    integer = writeBin(as.integer(x), raw(), size = 4L, endian = "little"),
    date = writeBin(as.integer(floor(unclass(x))), raw(), size = 4L, endian = "little"),
    double = , integer64 = writeBin(as.double(unclass(x)), raw(), size = 8L, endian = "little"),
    datetime = int64(microseconds(x)),
    plain_texts(if (type == "other") text_of_other(x) else x)
  )
}

# Whole doubles below 2^53.
int64 <- function(x) {
  high <- floor(x / 2^32)
  low <- x - high * 2^32
  low <- ifelse(low >= 2^31, low - 2^32, low)
  low[low == -2^31] <- NA # whose bits are those of this number
  writeBin(as.integer(rbind(low, high)), raw(), size = 4L, endian = "little")
}

# Each with its length in front.
plain_texts <- function(x) {
  x <- readable(x)
  if (!length(x)) return(raw())
  sizes <- nchar(x, "bytes")
  bytes <- raw(sum(sizes) + 4 * length(x))
  starts <- cumsum(c(0, sizes[-length(x)] + 4))
  at <- rep(starts, each = 4L) + 1:4
  bytes[at] <- writeBin(sizes, raw(), size = 4L, endian = "little")
  bytes[-at] <- charToRaw(paste(x, collapse = ""))
  bytes
}

# Thrift's compact protocol. In a structure a field is a byte, its distance from the field before in the upper half and
# its type in the lower one, and its value; 5 and 6 are integers, 8 text, 9 a list, 12 a structure, which 0 ends.

varint <- function(n) {
  bytes <- raw()
  while (n >= 128) {
    bytes <- c(bytes, as.raw(128 + n %% 128))
    n <- n %/% 128
  }
  c(bytes, as.raw(n))
}

t_int <- function(n) varint(2 * n)

t_text <- function(text) {
  bytes <- charToRaw(text)
  c(varint(length(bytes)), bytes)
}

t_list <- function(type, items) {
  n <- length(items)
  c(if (n < 15L) as.raw(16L * n + type) else c(as.raw(0xf0 + type), varint(n)), unlist(items, use.names = FALSE))
}

data_page <- function(n, encoding, bytes) {
  size <- t_int(length(bytes))
  c(as.raw(c(0x15, 0x00, 0x15)), size, as.raw(0x15), size, as.raw(c(0x2c, 0x15)), t_int(n), as.raw(c(0x15, 2L * encoding, 0x15, 0x06, 0x15, 0x06, 0x00, 0x00)), bytes)
}

dictionary_page <- function(n, bytes) {
  size <- t_int(length(bytes))
  c(as.raw(c(0x15, 0x04, 0x15)), size, as.raw(0x15), size, as.raw(c(0x4c, 0x15)), t_int(n), as.raw(c(0x15, 0x00, 0x00, 0x00)), bytes)
}

physical_type <- c(logical = 0L, integer = 1L, integer64 = 2L, double = 5L, character = 6L, factor = 6L, date = 1L, datetime = 2L, other = 6L)

# What the bytes stand for, in the old way and in the new one.
logical_type <- list(
  text = as.raw(c(0x25, 0x00, 0x4c, 0x1c, 0x00, 0x00)),
  date = as.raw(c(0x25, 0x0c, 0x4c, 0x6c, 0x00, 0x00)),
  datetime = as.raw(c(0x25, 0x14, 0x4c, 0x8c, 0x11, 0x1c, 0x2c, 0x00, 0x00, 0x00, 0x00)) # UTC, microseconds
)

schema_element <- function(name, type) {
  meaning <- logical_type[[if (physical_type[[type]] == 6L) "text" else type]]
  c(as.raw(c(0x15, 2L * physical_type[[type]], 0x25, 0x02, 0x18)), t_text(name), meaning, as.raw(0x00))
}

column_chunk <- function(name, type, n, size, dictionary_at, data_at) {
  encodings <- if (type == "factor") as.raw(c(0x19, 0x35, 0x00, 0x06, 0x10)) else as.raw(c(0x19, 0x25, 0x00, 0x06))
  size <- t_int(size)
  c(
    as.raw(0x26), t_int(dictionary_at), as.raw(c(0x1c, 0x15, 2L * physical_type[[type]])), encodings,
    as.raw(c(0x19, 0x18)), t_text(name), as.raw(c(0x15, 0x00, 0x16)), t_int(n), as.raw(0x16), size, as.raw(0x16), size,
    as.raw(0x26), t_int(data_at), if (type == "factor") c(as.raw(0x26), t_int(dictionary_at)), as.raw(c(0x00, 0x00))
  )
}

file_metadata <- function(columns, rows, groups, about) {
  root <- c(as.raw(0x48), t_text("table"), as.raw(0x15), t_int(length(columns)), as.raw(0x00))
  pairs <- Map(function(key, value) c(as.raw(0x18), t_text(key), as.raw(0x18), t_text(value), as.raw(0x00)), names(about), about)
  c(
    as.raw(c(0x15, 0x02, 0x19)), t_list(0x0c, c(list(root), columns)), as.raw(0x16), t_int(rows),
    as.raw(0x19), t_list(0x0c, groups), as.raw(0x19), t_list(0x0c, pairs), as.raw(0x18), t_text("watchrabbit"), as.raw(0x00)
  )
}
