/** What the routes are about: the chapters of the reference. */
export const tags = {
	sources: "Directories that instruments write into.",
	pipelines: "What is done to the acquisitions of the sources.",
	pools: "R workers.",
	files: "Paths below the sources, each in exactly one state.",
	acquisitions: "What instruments wrote, complete.",
	jobs: "Analyses of one content each, with their attempts and what they went through.",
	results: "What the analyses gave, with the proof of it.",
	measurements: "Named numbers of the results.",
	artifacts: "Files of the results.",
	events: "What happens, as it happens: to be followed, or asked for now and then.",
	operations: "What somebody asked for while the lab works, by whom, why, and what came of it.",
	status: "How the lab stands, at a glance.",
	alerts: "What the process finds wrong at the moment, by its own numbers.",
	health: "Whether the process lives, takes work, and how it is doing: for machines, and for everybody who reaches it.",
	access: "Who asks: logging in and out, and who you are.",
	problems: "What the API refuses, and what each type of refusal means.",
	reference: "This API, for programs and for people.",
} as const;

export type Tag = keyof typeof tags;
