import type { Workbench } from "#cli/application.ts";
import type { OperationRequest, Requested } from "#core/ports/operations.ts";
import { workplaceIn } from "#domain/places.ts";
import { AnalysisLibrary } from "#runtime/analysis-library.ts";
import { operate as operateOn } from "#runtime/operate.ts";

/** Asked from the command line: nobody is rung, for this process is gone before its ring is heard. */
export async function operate(workbench: Workbench, request: OperationRequest): Promise<Requested> {
	const library = new AnalysisLibrary(workbench.objects, workplaceIn(workbench.settings.data).analyses);
	return await operateOn({ ...workbench, library }, request, workbench.clock.now());
}
