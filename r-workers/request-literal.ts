import type { AnalysisRequest } from "#core/ports/analysis-pool.ts";
import { rList, rLiteral } from "./r-literal.ts";

/** A run as one line of R code. @throws RangeError as rLiteral */
export function requestLiteral(request: AnalysisRequest): string {
	const { id, script, root, project, inputs, inputNames, params, files = [], directory, seed, traceparent } = request;
	const named = `structure(${rLiteral(inputs.length > 0 ? inputs : null)},names=${rLiteral(inputNames)})`;
	const fields = {
		id,
		script,
		root,
		project,
		// One from elsewhere would be put outside of the run's directory.
		files: files.filter((file) => !file.startsWith("..")),
		params_json: JSON.stringify(params),
		directory,
		seed,
		traceparent,
	};
	const listed = Object.entries(fields).map(([name, value]) => `${name}=${rLiteral(value)}`);
	return `list(inputs=${inputs.length > 0 ? named : "character()"},params=${rList(Object.entries(params))},${listed.join(",")})`;
}
