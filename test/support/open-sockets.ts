/** Connections that this process holds, to servers or from clients: what is closed leaves none. */
export function openSockets(): number {
	return process.getActiveResourcesInfo().filter((resource) => resource === "TCPSocketWrap").length;
}
