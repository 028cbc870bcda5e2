import { ingest } from "./ingest.ts";
import { live } from "./live/routes.ts";
import { operate } from "./operate.ts";
import { problems } from "./problem-pages.ts";
import { routesOf } from "./resource.ts";
import { acquisitions } from "./resources/acquisitions.ts";
import { alerts } from "./resources/alerts.ts";
import { artifacts } from "./resources/artifacts.ts";
import { files } from "./resources/files.ts";
import { jobs } from "./resources/jobs.ts";
import { measurements } from "./resources/measurements.ts";
import { pipelines } from "./resources/pipelines.ts";
import { pools } from "./resources/pools.ts";
import { results } from "./resources/results.ts";
import { sources } from "./resources/sources.ts";
import { resultFiles } from "./result-files.ts";
import { resultZip } from "./result-zip.ts";
import type { Route } from "./route.ts";
import { series } from "./series.ts";
import { sessions } from "./sessions.ts";
import { status } from "./status.ts";
import { uploads } from "./uploads.ts";

/** Everything below /api/v1: a new resource is a file and a line here. */
const resources = [sources, pipelines, pools, files, acquisitions, jobs, results, measurements, artifacts];

/** What `serve` answers. */
export const routes: readonly Route[] = [
	...resources.flatMap((resource) => routesOf(resource)),
	...series,
	...resultFiles,
	...resultZip,
	...routesOf(alerts),
	...ingest,
	...uploads,
	...live,
	...operate,
	...status,
	...sessions,
	...problems,
];
