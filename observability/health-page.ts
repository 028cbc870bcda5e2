import type { DependencyReport, HealthReport } from "./health-report.ts";

const style = `body{font:15px system-ui,sans-serif;margin:2em;color:#1a1a1a;background:#fff}
table{border-collapse:collapse;margin-top:1em}th,td{text-align:left;vertical-align:top;padding:.4em .9em;border-bottom:1px solid #ddd}
.up{color:#176f2c}.down,.broken{color:#b3261e;font-weight:600}.starting,.draining{color:#8a5a00}small{color:#555;font-weight:400}
time{white-space:nowrap}
@media(prefers-color-scheme:dark){body{color:#eee;background:#161616}th,td{border-color:#444}.up{color:#6fcf83}.down,.broken{color:#ff8a80}.starting,.draining{color:#ffc861}small{color:#aaa}}`;

const titles = ["What", "State", "Since", "Last look", "Breaker", "Came back by itself", "Last error"];

/** For people: one page without scripts, that comes anew by itself. */
export function healthPage({ ok, live, draining, at, dependencies, alerts }: HealthReport): string {
	const verdict = draining ? "ending" : ok ? "well, and takes work" : live ? "not ready" : "broken: restart it";
	const rows = dependencies.map((each) => `<tr>${cells(each).join("")}</tr>`).join("\n");
	const firing = alerts.map(
		({ name, severity, summary }) =>
			`<p class="${severity === "critical" ? "down" : "draining"}">${text(name)} (${severity}): ${text(summary)}</p>\n`,
	);
	return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="10">
<meta name="viewport" content="width=device-width"><title>WatchRabbit: ${verdict}</title><style>${style}</style></head>
<body><h1>WatchRabbit: <span class="${ok ? "up" : "down"}">${verdict}</span></h1>
<small>at ${time(at)}; the same as JSON: Accept: application/json</small>
${firing.join("")}<table><thead><tr>${titles.map((title) => `<th scope="col">${title}</th>`).join("")}</tr></thead>
<tbody>
${rows}
</tbody></table></body></html>
`;
}

function cells(of: DependencyReport): string[] {
	const { name, state, since, detail, optional, latencySeconds, lookedAt, lastError, recovered } = of;
	const look =
		latencySeconds === null
			? ""
			: `${milliseconds(latencySeconds)}<br><small>${lookedAt === null ? "" : time(lookedAt)}</small>`;
	const back =
		recovered.lastAt === null
			? ""
			: `${recovered.times} ×<br><small>last ${time(recovered.lastAt)}, after ${recovered.afterSeconds} s and ${recovered.afterAttempts} attempts</small>`;
	const error =
		lastError === null
			? ""
			: `${text(lastError.code)}: ${text(lastError.message)}<br><small>${time(lastError.at)}${lastError.fix === null ? "" : `; ${text(lastError.fix)}`}</small>`;
	const shown = state === "down" ? "" : `<br><small>${text(detail)}</small>`;
	return [
		`<th scope="row">${text(name)}${optional ? "<br><small>not needed to work</small>" : ""}${shown}</th>`,
		`<td class="${state}">${state}</td>`,
		...[time(since), look, calls(of), back, error].map((cell) => `<td>${cell}</td>`),
	];
}

function calls({ breaker, attempts, nextAttemptAt }: DependencyReport): string {
	if (breaker === "closed") return "closed";
	const next = nextAttemptAt === null ? "" : `<br><small>next ${time(nextAttemptAt)}</small>`;
	return `${breaker}, ${attempts} failed${next}`;
}

/** To the second, as people read it. */
function time(at: string): string {
	return `<time datetime="${text(at)}">${text(at.replace("T", " ").replace(/(\.\d+)?Z$/, " UTC"))}</time>`;
}

function milliseconds(seconds: number): string {
	return `${(seconds * 1000).toFixed(seconds < 0.01 ? 1 : 0)} ms`;
}

function text(raw: string): string {
	return raw.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
