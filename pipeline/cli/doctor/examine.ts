import { type Loaded, loadSettings } from "#config/load.ts";
import { ConfigInvalidError, renderOrigin } from "#config/problem.ts";
import { defaultPool } from "#config/to-settings.ts";
import { asWatchRabbitError } from "#core/errors.ts";
import { counted } from "#domain/counted.ts";
import type { Machine, Workbench } from "../application.ts";
import { checkData } from "./check-data.ts";
import { checkClock, checkNode, checkPort } from "./check-machine.ts";
import { checkR } from "./check-r.ts";
import { checkSources } from "./check-sources.ts";
import { checkState } from "./check-state.ts";
import { type Finding, ok, problem, warning } from "./finding.ts";

interface Place {
	readonly config: string | undefined;
	readonly directory: string;
	readonly environment: NodeJS.ProcessEnv;
}

/** All that can be looked at: without a right configuration, the machine alone. */
export async function* examine(
	place: Place,
	machine: Machine,
	open: () => Promise<Pick<Workbench, "close">>,
): AsyncGenerator<Finding> {
	yield checkNode();
	yield checkClock();
	const { findings, loaded } = await checkConfig(place);
	yield* findings;
	yield* await checkR(loaded?.settings.pools ?? [defaultPool()], machine);
	if (loaded === undefined) return;
	const { settings } = loaded;
	yield* await checkSources(settings.sources, machine);
	yield* await checkData(settings.data);
	yield* machine.services(settings);
	yield* await checkState(settings.data, open);
	yield await checkPort(settings.http);
}

async function checkConfig({ config, directory, environment }: Place) {
	try {
		const loaded = await loadSettings(config, environment, { directory });
		return { loaded, findings: [...describe(loaded), ...loaded.warnings.map(noted)] };
	} catch (thrown) {
		const unchecked = loadSettings(config, environment, { directory, checkPlaces: false });
		return { loaded: await unchecked.catch(() => undefined), findings: refused(thrown) };
	}
}

function describe({ settings: { file, sources, pipelines } }: Loaded): Finding[] {
	return [
		ok("configuration", file ?? "", `${counted(sources.length, "source")}, ${counted(pipelines.length, "pipeline")}`),
	];
}

function noted(text: string): Finding {
	return warning(
		"configuration",
		"",
		text,
		"Change the configuration if this is not meant: watchrabbit config explain",
	);
}

function refused(thrown: unknown): Finding[] {
	if (thrown instanceof ConfigInvalidError) {
		return thrown.problems.map(({ origin, message, fix }) =>
			problem("configuration", renderOrigin(origin), message, fix),
		);
	}
	const { message, fix } = asWatchRabbitError(thrown);
	return [problem("configuration", "", message, fix ?? "Correct the configuration.")];
}
