import { oneLine, type Terminal } from "#cli/terminal.ts";
import { displayPath } from "#domain/path.ts";
import type { InternalEvent } from "#domain/report.ts";

/** The steps that a person at the instrument cares about, one line each. */
export function narrate(event: InternalEvent, { tell, sideColours }: Pick<Terminal, "tell" | "sideColours">): void {
	const { dim, green, red, yellow } = sideColours;
	const step = (what: string, path: string, detail: string) => tell(`  ${what} ${displayPath(path)}${dim(detail)}\n`);
	switch (event.event) {
		case "pool.ready":
			tell(`  R is ready: engine ${event.engine} (${event.why})\n`);
			return;
		case "unit.waiting":
			step(yellow("waits    "), event.path, ` for ${oneLine(event.for)}`);
			return;
		case "unit.settled":
			step("complete ", event.path, ` ${event.bytes} bytes`);
			return;
		case "job.completed":
			step(green("analysed "), event.key, ` in ${event.runSeconds.toFixed(2)} s`);
			return;
		case "job.failed":
			step(red("failed   "), event.key, ` ${oneLine(event.message)}`);
			return;
		case "intake.committed":
			if (event.jobsLinked > 0) tell(`  same content as before: linked to the result that exists\n`);
	}
}
