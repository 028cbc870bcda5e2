/** The text with the passwords of all addresses in it covered: what goes into a log, an error or a terminal. */
export function coverSecrets(text: string): string {
	return text
		.replace(/(:\/\/[^\s:@/]*:)(?!\d+\/)[^\s"']*@/g, "$1***@")
		.replace(/([?&](?:password|passphrase|secret|token)=)[^&\s"']*/gi, "$1***");
}
