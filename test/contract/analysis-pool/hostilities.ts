/** Something that a script can do to its R, and R code that shows whether it was done. */
export interface Hostility {
	readonly what: string;
	readonly change: string;
	readonly look: string;
	/** What R in WebAssembly, which is no process of the machine, does not have. */
	readonly ofProcess?: true;
}

/**
 * In an order in which the later ones can still be done and seen. What R code cannot change is not among them: what a
 * signal does, and, where calling handlers are established, as they are here, the global ones.
 */
export const hostilities: readonly Hostility[] = [
	{
		what: "global environment",
		change: "secret <- 1; .hidden <- 2",
		look: "setdiff(ls(globalenv(), all.names = TRUE), said)",
	},
	{
		what: "options, those for errors and warnings as well",
		change: `options(digits = 3, scipen = 99, stringsAsFactors = TRUE, warn = 1, error = quote(cat("an error")), lab = "new", watchrabbit.host = NULL)`,
		look: "vapply(options(), function(x) paste(deparse(x, nlines = 1L), collapse = ''), '')",
	},
	{ what: "working directory", change: "setwd(tempdir())", look: "basename(getwd())" },
	{ what: "search path and attached packages", change: "attach(list(leak = 1)); library(splines)", look: "search()" },
	{
		what: "loaded namespaces and compiled code",
		change: "loadNamespace('grid')",
		look: "list(sort(loadedNamespaces()), names(getLoadedDLLs()))",
	},
	{
		what: "locale, every category",
		change: `Sys.setlocale("LC_ALL", "C"); Sys.setlocale("LC_CTYPE", "C")`,
		look: "Sys.getlocale()",
	},
	{
		what: "time zone",
		change: `Sys.setenv(TZ = "Asia/Tokyo")`,
		look: "list(Sys.timezone(), format(as.POSIXct(0, origin = '1970-01-01')))",
	},
	{
		what: "environment variables",
		change: `Sys.setenv(LAB = "new"); Sys.unsetenv("HOME")`,
		look: `Sys.getenv(c("LAB", "HOME", "R_LIBS"), NA)`,
	},
	{
		what: "random seed, and every kind of generator",
		change: `RNGkind("Wichmann-Hill", "Box-Muller", "Rounding"); set.seed(1)`,
		look: "list(RNGkind(), runif(2), rnorm(2), sample(10))",
	},
	{ what: "devices", change: "pdf(NULL); palette('R3')", look: "list(dev.list(), palette())" },
	{ what: "connections", change: `con <- file(tempfile(), "w")`, look: "nrow(showConnections())" },
	{
		what: "sinks, of output and of messages",
		change: `sink(tempfile()); sink(file(tempfile(), "w"), type = "message")`,
		look: `c(sink.number(), sink.number("message"))`,
	},
	{ what: "library paths", change: ".libPaths(tempdir())", look: "length(.libPaths())" },
	{
		what: "S3 methods",
		change: `registerS3method("format", "Date", function(x, ...) "spoiled", baseenv())`,
		look: `format(as.Date("2025-08-15"))`,
	},
	{
		what: "S4 classes, generics and methods",
		change: `setClass("Plate", representation(n = "numeric")); setMethod("show", "numeric", function(object) cat("spoiled"))`,
		look: `c(isClass("Plate"), existsMethod("show", "numeric"))`,
	},
	{
		what: "functions of base",
		change: `unlockBinding("rev", baseenv()); assign("rev", function(x) "spoiled", envir = baseenv())`,
		look: "rev(1:2)",
	},
	{
		what: "functions of R's packages",
		change: `unlockBinding("sd", asNamespace("stats")); assign("sd", function(...) -1, envir = asNamespace("stats"))`,
		look: "stats::sd(c(1, 2, 3))",
	},
	{
		what: "functions of a package that was loaded before",
		change: `assignInNamespace("wr_params", function() "spoiled", "watchrabbit")`,
		look: "watchrabbit::wr_params()",
	},
	{ what: "task callbacks", change: "addTaskCallback(function(...) TRUE)", look: "getTaskCallbackNames()" },
	{ what: "hooks", change: `setHook("plot.new", function(...) stop("spoiled"))`, look: `length(getHook("plot.new"))` },
	{
		what: "temporary files",
		change: `writeLines("x", tempfile())`,
		look: "length(list.files(tempdir(), all.files = TRUE, no.. = TRUE))",
	},
	{ what: "umask", change: `Sys.umask("077")`, look: "format(Sys.umask(NA))", ofProcess: true },
	{ what: "JIT level", change: "compiler::enableJIT(2L)", look: "compiler::enableJIT(-1L)" },
	{
		what: "state of the compiler",
		change: "compiler::setCompilerOptions(optimize = 1)",
		look: "compiler:::getCompilerOption('optimize')",
	},
	{
		what: "random streams of parallel",
		change: `RNGkind("L'Ecuyer-CMRG"); set.seed(99); parallel::mc.reset.stream()`,
		look: "parallel::mclapply(1:2, function(i) runif(1))",
		ofProcess: true,
	},
	{
		what: "standard input",
		change: "parallel:::closeFD(0L)",
		look: `tryCatch(readLines("/dev/stdin"), error = function(e) "closed")`,
		ofProcess: true,
	},
	{
		what: "file descriptors",
		change: `open <- lapply(1:3, function(i) file(tempfile(), "w"))`,
		look: `length(list.files("/proc/self/fd"))`,
		ofProcess: true,
	},
	{
		what: "limits of the process",
		change: `system2("prlimit", c("--pid", Sys.getpid(), "--nofile=99:99"))`,
		look: `readLines("/proc/self/limits")`,
		ofProcess: true,
	},
	{ what: "priority", change: "tools::psnice(value = 7L)", look: "tools::psnice()", ofProcess: true },
	{
		what: "functions that are called at the end of R",
		change: ".Last <- function() stop('spoiled')",
		look: "exists('.Last')",
	},
	{
		what: "locks of the global environment",
		change: "lockEnvironment(globalenv(), TRUE)",
		look: "environmentIsLocked(globalenv())",
	},
];

/** What ruins R itself, and the code of how the run ends. */
export const ruins: readonly (readonly [code: string | undefined, script: string])[] = [
	[
		"R_CRASHED",
		`for (name in c("c", "paste0", "cat", "file")) {
			unlockBinding(name, baseenv())
			assign(name, function(...) stop("spoiled"), envir = baseenv())
		}`,
	],
	[
		"R_ERROR",
		`rm(list = ls(asNamespace("stats"), all.names = TRUE), envir = asNamespace("stats")); options(expressions = 25)`,
	],
	[undefined, "closeAllConnections()"],
	[
		undefined,
		`lockEnvironment(baseenv(), TRUE); for (name in search()[-1]) try(detach(name, character.only = TRUE), silent = TRUE)`,
	],
	[
		undefined,
		"reg.finalizer(globalenv(), function(e) repeat {}, onexit = TRUE); .Last <- function() repeat {}; quit(runLast = TRUE)",
	],
];
