import { hostname, userInfo } from "node:os";

/** Who asks from a command line, as histories and the audit log name him. */
export function requester(user: () => { readonly username: string } = userInfo): string {
	return `cli:${nameOf(user)}@${hostname()}`;
}

/** In a container whoever it runs as may have no name. */
function nameOf(user: () => { readonly username: string }): string {
	try {
		return user().username;
	} catch {
		return `uid:${process.getuid?.()}`;
	}
}
