/** What was declared secret, in every form in which it may be said; undefined: nothing. */
let declared: RegExp | undefined;
const forms = new Set<string>();

/** A shorter one protects nothing, and covered it would leave no sentence whole. */
const shortest = 4;

/** From now on these values are covered in whatever this process says. */
export function declareSecrets(values: Iterable<string>): void {
	for (const value of values) {
		// `Bearer <token>` may be told without its first word.
		for (const secret of [value, value.slice(value.lastIndexOf(" ") + 1)]) {
			if (secret.length >= shortest) for (const form of formsOf(secret)) forms.add(form);
		}
	}
	const longestFirst = [...forms].sort((a, b) => b.length - a.length);
	declared = forms.size === 0 ? undefined : new RegExp(longestFirst.map(literally).join("|"), "g");
}

/** Nothing in it is a sign of a pattern. */
function literally(text: string): string {
	return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}

/** As it is written, in a URL, in JSON, and in JSON that is told in JSON. */
function formsOf(secret: string): string[] {
	const inJson = JSON.stringify(secret).slice(1, -1);
	return [secret, encodeURIComponent(secret), inJson, JSON.stringify(inJson).slice(1, -1)];
}

/**
 * The text with what is secret in it covered, that is, with what was declared and the passwords of all addresses: what
 * goes into a log, an error or a terminal.
 */
export function coverSecrets(text: string): string {
	const covered = declared === undefined ? text : text.replace(declared, "***");
	return covered
		.replace(/(:\/\/[^\s:@/]*:)(?!\d+\/)[^\s"']*@/g, "$1***@")
		.replace(/([?&](?:password|passphrase|secret|token)=)[^&\s"']*/gi, "$1***");
}
