/** What R and its packages are told by. Everything else stays with the product, its own passwords among it. */
const passedOn = [
	...["PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "TZ", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "JAVA_HOME"],
	...["R_*", "RENV_*", "RSTUDIO_PANDOC", "QUARTO_*", "SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS"],
	...["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "FONTCONFIG_*", "XDG_*"],
	// The clock of tests, and what else is laid under every program.
	...["LD_PRELOAD", "FAKETIME*", "DONT_FAKE_MONOTONIC"],
];

/**
 * The environment of a pool's processes.
 *
 * @param more names of further variables, of which the last character may be `*`
 * @param libraries directories of R packages, before those that R knows by itself
 */
export function environmentFor(
	environment: NodeJS.ProcessEnv,
	more: readonly string[],
	libraries: readonly string[],
): NodeJS.ProcessEnv {
	const patterns = [...passedOn, ...more];
	const passes = (name: string) =>
		patterns.some((pattern) => (pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern));
	const passed = Object.fromEntries(Object.entries(environment).filter(([name]) => passes(name)));
	if (libraries.length === 0) return passed;
	return { ...passed, R_LIBS: [...libraries, ...(passed.R_LIBS === undefined ? [] : [passed.R_LIBS])].join(":") };
}
