import { dirname, relative } from "node:path";
import { declareSecrets } from "#core/secrets.ts";
import type { Settings } from "#domain/settings.ts";
import { checkGrouping } from "./checks/grouping.ts";
import { checkKafka } from "./checks/kafka.ts";
import { checkListen } from "./checks/listen.ts";
import { checkNames } from "./checks/names.ts";
import { checkPlaces } from "./checks/places.ts";
import { checkProjects } from "./checks/projects.ts";
import { checkReportParams } from "./checks/report-params.ts";
import { checkTrees } from "./checks/trees.ts";
import type { CustomStage } from "./define-config.ts";
import { applyEnvironment, type Override } from "./environment.ts";
import { type Parts, understand } from "./parts.ts";
import { byPlace, ConfigInvalidError, type KeyPath, type Origin, type Problem } from "./problem.ts";
import { findConfig, readConfig } from "./read-config.ts";
import { type ConfigSchema, declareConfig } from "./schema.ts";
import { secretsIn, secretsOfEnvironment } from "./secrets-in.ts";
import { toSettings } from "./to-settings.ts";
import { type Finding, translateIssues } from "./translate-issues.ts";
import { warningsOf } from "./warnings.ts";
import type { TextTrouble, WrittenConfig } from "./yaml-document.ts";

export interface Loaded {
	readonly settings: Settings;
	/** Stages that a configuration in TypeScript adds, by name. */
	readonly customStages: Readonly<Record<string, CustomStage>>;
	/** Sentences about what is allowed and yet probably not meant. */
	readonly warnings: readonly string[];
	/** What `config explain` needs: the values as written, overrides applied, and where each comes from. */
	readonly effective: Effective;
}

export interface Effective {
	readonly schema: ConfigSchema;
	readonly value: unknown;
	readonly base: string;
	readonly origin: (path: KeyPath, part: "key" | "value") => Origin;
}

export interface LoadOptions {
	/** Where the search for watchrabbit.yaml begins; the working directory by default. */
	readonly directory?: string;
	/** False for commands that only look: they work while a share is away. */
	readonly checkPlaces?: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Finds, reads and checks a configuration.
 * @throws ConfigInvalidError (CONFIG_INVALID) with every problem; WatchRabbitError CONFIG_NOT_FOUND, CONFIG_MODULE, CONFIG_SECRET_FILE
 */
export async function loadSettings(
	file: string | undefined,
	env: Environment,
	options: LoadOptions = {},
): Promise<Loaded> {
	const directory = options.directory ?? process.cwd();
	const found = await findConfig(file, directory);
	const { written, troubles, customStages } = await readConfig(found);
	const schema = declareConfig(Object.keys(customStages));
	const { value, overrides, warnings } = applyEnvironment(withoutEmptyKeys(written.value), schema, env);
	const shownFile = shortest(found, directory);
	const effective = { schema, value, base: dirname(found), origin: originOf(written, shownFile, overrides) };
	const unreadable = troubles.some((trouble) => trouble.unreadable);
	const parsed = schema.safeParse(value);
	const findings = unreadable
		? []
		: [
				...(parsed.success ? [] : translateIssues(parsed.error.issues, schema, value)),
				...findMeaningless(understand(value, schema, effective.base), options.checkPlaces ?? true),
			];
	const problems = [
		...troubles.map((trouble) => inText(trouble, shownFile)),
		...findings.map((finding) => located(finding, effective)),
	].sort(byPlace);
	declareSecrets([...secretsIn(schema, value), ...secretsOfEnvironment(env)]);
	if (problems.length > 0 || !parsed.success) throw new ConfigInvalidError(shownFile, problems);
	const settings = toSettings(found, effective.base, parsed.data);
	return { settings, customStages, warnings: [...warnings, ...warningsOf(settings)], effective };
}

function findMeaningless(parts: Parts, places: boolean): Finding[] {
	const checks = [
		checkListen,
		checkNames,
		checkProjects,
		checkGrouping,
		checkKafka,
		checkTrees,
		...(places ? [checkPlaces, checkReportParams] : []),
	];
	return checks.flatMap((check) => check(parts));
}

function inText({ place, message, fix }: TextTrouble, file: string): Problem {
	return { path: [], origin: { kind: "file", file, place }, message, fix };
}

function located({ path, part, message, fix }: Finding, { origin }: Effective): Problem {
	return { path, origin: origin(path, part), message, fix };
}

function originOf(written: WrittenConfig, file: string, overrides: readonly Override[]): Effective["origin"] {
	return (path, part) => {
		const override = overrides.findLast((candidate) => candidate.path.every((key, at) => key === path[at]));
		if (override) return { kind: "environment", variable: override.variable, value: override.text };
		return { kind: "file", file, place: written.place(path, part) };
	};
}

/** `pools:` with nothing below it is the same as no `pools:`, but a parameter or a stage may well be nothing. */
function withoutEmptyKeys(value: unknown, depth = 0): unknown {
	if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
	const kept = Object.entries(value).filter(([, item]) => item !== null);
	return Object.fromEntries(
		kept.map(([key, item]) => [key, key === "params" && depth === 2 ? item : withoutEmptyKeys(item, depth + 1)]),
	);
}

/** As a person in `directory` would name the file. */
function shortest(file: string, directory: string): string {
	const short = relative(directory, file);
	return short.startsWith("..") ? file : short;
}
