import { suites, type Version, versions } from "./versions.ts";

/** What a run of a suite on a version came to. */
export interface Run {
	/** Of the version that was asked for. */
	readonly name: string;
	readonly suite: string;
	/** As it says itself. */
	readonly version: string;
	readonly passed: number;
	readonly failed: number;
	readonly skipped: number;
	/** The day, in UTC. */
	readonly date: string;
}

/** With a run in place of the one before of the same suite on the same version; in the order of the table. */
export function recorded(runs: readonly Run[], run: Run): readonly Run[] {
	const others = runs.filter(({ name, suite }) => name !== run.name || suite !== run.suite);
	const place = (of: Run) =>
		versions.findIndex(({ name }) => name === of.name) * suites.length +
		suites.findIndex(({ name }) => name === of.suite);
	return [...others, run].toSorted((a, b) => place(a) - place(b));
}

/** The page of supported versions: what was run, and what was not. */
export function pageOf(runs: readonly Run[]): string {
	const rows = versions.flatMap((version) => {
		const ofVersion = suites.filter(({ of }) => of.includes(version.service));
		return ofVersion.map(({ name }) => rowOf(version, name, runs));
	});
	return `# Supported versions

What the tests were run on, and what came of it. Written by \`npm run test:matrix\` from what it ran
(supported-versions.json), and from nothing else.

| what | version | says of itself | suite | passed | failed | skipped | on |
|---|---|---|---|---|---|---|---|
${rows.join("\n")}
`;
}

function rowOf({ name, title, version }: Version, suite: string, runs: readonly Run[]): string {
	const run = runs.find((one) => one.name === name && one.suite === suite);
	const cells = run === undefined ? ["", suite, "", "", "", "not run"] : cellsOf(run);
	return `| ${[title, version.replace(/\.$/, ""), ...cells].join(" | ")} |`;
}

function cellsOf({ version, suite, passed, failed, skipped, date }: Run): readonly (string | number)[] {
	return [version, suite, passed, failed, skipped, date];
}
