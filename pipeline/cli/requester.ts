import { hostname, userInfo } from "node:os";

/** Who asks from a command line, as histories and the audit log name him. */
export function requester(): string {
	return `cli:${userInfo().username}@${hostname()}`;
}
