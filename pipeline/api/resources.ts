import type { Resource } from "./resource.ts";
import { acquisitions } from "./resources/acquisitions.ts";
import { alerts } from "./resources/alerts.ts";
import { artifacts } from "./resources/artifacts.ts";
import { files } from "./resources/files.ts";
import { jobs } from "./resources/jobs.ts";
import { measurements } from "./resources/measurements.ts";
import { results } from "./resources/results.ts";
import { sources } from "./resources/sources.ts";

/** Everything below /api/v1: a new resource is a file and a line here. */
export const resources: readonly Resource[] = [
	sources,
	files,
	acquisitions,
	jobs,
	results,
	measurements,
	artifacts,
	alerts,
];
