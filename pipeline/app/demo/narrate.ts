import { oneLine, type Terminal } from "#cli/terminal.ts";
import { displayPath } from "#domain/path.ts";
import type { InternalEvent } from "#domain/report.ts";
import type { Play } from "./instruments.ts";

type Side = Pick<Terminal, "tell" | "sideColours" | "sideInteractive" | "columns">;

const words = ["ready", "writes", "waits", "complete", "analysed", "linked", "put off", "failed", "dead"] as const;
type Word = (typeof words)[number];
const endings = { failed: "failed", dead: "dead", "not-ready": "waits", lost: "put off" } as const;
const widest = Math.max(...words.map((word) => word.length));

/** Tells the steps that a person at the instrument cares about, one line each, and none of them twice. */
export class Narrator {
	readonly #side: Side;
	readonly #waits = new Set<string>();

	constructor(side: Side) {
		this.#side = side;
	}

	begins({ file, how, story }: Play): void {
		this.#step("writes", file, story ?? how);
	}

	tell(event: InternalEvent): void {
		switch (event.event) {
			case "pool.ready":
				this.#step("ready", "R", `engine ${event.engine}: ${event.why}`);
				break;
			case "unit.waiting":
				this.#waiting(event.path, event.for);
				break;
			case "unit.settled":
				this.#step("complete", event.path, `${event.bytes} bytes`);
				break;
			case "job.completed":
				this.#step("analysed", event.key, `in ${event.runSeconds.toFixed(2)} s`);
				break;
			case "job.failed":
				this.#step(endings[event.outcome], event.key, event.message);
				break;
			case "intake.committed":
				if (event.jobsLinked > 0) this.#step("linked", "", "to the result of the same content: nothing is run again");
		}
	}

	/** The quiet time is waited for by every file, and says nothing. */
	#waiting(path: string, reason: string): void {
		if (reason.startsWith("quiet") || this.#waits.has(`${path}\0${reason}`)) return;
		this.#waits.add(`${path}\0${reason}`);
		this.#step("waits", path, `for ${reason}`);
	}

	#step(word: Word, path: string, detail: string): void {
		const { tell, sideColours, sideInteractive, columns } = this.#side;
		const { dim, green, red, yellow } = sideColours;
		const tone: Partial<Record<Word, (text: string) => string>> = {
			writes: dim,
			waits: yellow,
			analysed: green,
			linked: green,
			failed: red,
			dead: red,
		};
		const begin = `${word.padEnd(widest)}  ${path === "" ? "" : `${displayPath(path)}  `}`;
		const line = begin + oneLine(detail);
		const cut = sideInteractive && line.length > columns ? `${line.slice(0, columns - 1)}…` : line;
		tell(
			`${(tone[word] ?? String)(cut.slice(0, widest))}${cut.slice(widest, begin.length)}${dim(cut.slice(begin.length))}\n`,
		);
	}
}
