/** Whether an address or a host's name is this machine's own, as far as it says so itself. */
export function isLoopback(host: string): boolean {
	const bare = host.replace(/^\[(.*)\]$/, "$1");
	return bare === "localhost" || bare === "::1" || /^(::ffff:)?127(\.\d{1,3}){3}$/.test(bare);
}
