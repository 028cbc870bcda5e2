/** What vitest's JSON report says of a file. */
export interface FileReport {
	readonly name: string;
	readonly status: string;
	readonly message: string;
	readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
}

export interface Tally {
	readonly passed: number;
	readonly failed: number;
	readonly skipped: number;
	/** Why tests were skipped, each reason with the number of its tests. */
	readonly reasons: ReadonlyMap<string, number>;
}

/** What `describeWith` writes into the title of what it skips. */
const skipReason = /\[skipped: (.*?)\]/;

/**
 * Counts tests. A file that could not even be loaded is one failed test, and a run that broke outside any test (an
 * unhandled error, no report at all) as well: nothing that went wrong ends with "0 failed".
 */
export function tallyOf(files: readonly FileReport[] | undefined, exitCode: number | null): Tally {
	let passed = 0;
	let failed = 0;
	let skipped = 0;
	const reasons = new Map<string, number>();
	for (const file of files ?? []) {
		const before = failed;
		for (const { status, fullName } of file.assertionResults) {
			if (status === "passed") passed++;
			else if (status === "failed") failed++;
			else {
				skipped++;
				const reason = skipReason.exec(fullName)?.[1] ?? fullName;
				reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
			}
		}
		if (file.status === "failed" && failed === before) failed++;
	}
	if (failed === 0 && (files === undefined || exitCode !== 0)) failed = 1;
	return { passed, failed, skipped, reasons };
}
