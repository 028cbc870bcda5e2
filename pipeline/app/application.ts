import type { Application, Workbench } from "#cli/application.ts";
import { loadSettings } from "#config/load.ts";
import { watchMode } from "#connectors/file/file-system-type.ts";
import { findProgram } from "#r-workers/find-program.ts";
import { openStore } from "./catalog-store.ts";
import { demo } from "./demo/demo.ts";
import { examineServices } from "./examine-services.ts";
import { operate } from "./operate.ts";
import { processesOf } from "./processes.ts";
import { openState } from "./state.ts";
import { tryAnalysis } from "./try.ts";
import { up } from "./up.ts";

/** What the command line is given. */
export const application: Application = {
	open,
	openStore,
	operate,
	processes: processesOf,
	up,
	demo,
	tryAnalysis,
	machine: { watchMode, services: examineServices, findProgram: (name) => findProgram(name, process.env) },
};

async function open(configFile: string | undefined): Promise<Workbench> {
	const { settings } = await loadSettings(configFile, process.env, { checkPlaces: false });
	return { settings, ...(await openState(settings, () => {})) };
}
