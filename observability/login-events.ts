import type { Declarations } from "./declaration.ts";

export const loginEvents: Declarations<"login.refused"> = {
	"login.refused": {
		level: "warn",
		say: (e) =>
			`a login ${e.account === undefined ? "by a name that nobody has" : `as ${e.account}`} from ${e.network} was refused`,
	},
};
