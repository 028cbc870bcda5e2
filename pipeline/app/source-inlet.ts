import { refuseLinks } from "#connectors/file/no-links.ts";
import { Reception } from "#connectors/file/reception.ts";
import { permanent } from "#core/errors.ts";
import type { Inlet, Promised, Received, Terms } from "#core/ports/inlet.ts";
import type { Trace } from "#core/trace.ts";
import { checkKey } from "#domain/key-rules.ts";
import { displayPath, type PathString } from "#domain/path.ts";
import type { SourceSettings } from "#domain/settings.ts";
import { isMarker, matchRule } from "#domain/watch-rules.ts";
import type { Announcements } from "#runtime/announcements.ts";

export interface SourceInletContext {
	readonly settings: SourceSettings;
	readonly announcements: Announcements;
	/** Looks at a path of the directory, and says whether the ledger knows it now. */
	readonly look: (path: PathString) => Promise<boolean>;
	/** What waits there to be found complete goes on in this trace. */
	readonly cameFrom: (path: PathString, origin: Trace) => void;
	readonly isOurs: () => boolean;
	readonly mostBytes: number;
}

/** Files over HTTP, into the directory of a source that this process watches. */
export class SourceInlet implements Inlet {
	readonly #context: SourceInletContext;
	readonly #reception: Reception;

	constructor(context: SourceInletContext) {
		this.#context = context;
		this.#reception = new Reception(context.settings.watch, context.mostBytes);
	}

	isOurs(): boolean {
		return this.#context.isOurs();
	}

	async receive(
		path: PathString,
		body: AsyncIterable<Uint8Array>,
		promised: Promised,
		terms: Terms,
		origin: Trace | undefined,
	): Promise<Received> {
		this.#refuse(path);
		const received = await this.#reception.receive(path, body, promised, terms);
		// It is durable: whether it was looked at now or by the next scan is the same.
		const isKnown = await this.#context.look(path).catch(() => false);
		if (isKnown && origin !== undefined) this.#context.cameFrom(path, origin);
		return received;
	}

	async announce(path: PathString, origin: Trace | undefined): Promise<void> {
		this.#refuse(path);
		await this.#context.announcements.tell(path, origin);
	}

	/** What could be put there, and would never become anything. */
	#refuse(path: PathString): void {
		const { settings } = this.#context;
		checkKey(path);
		refuseLinks(settings.watch, path);
		const verdict = matchRule(settings, path);
		if (verdict.include || isMarker(settings, path)) return;
		throw permanent("PATH_NOT_TAKEN", `source ${settings.name} takes no ${displayPath(path)}: ${verdict.rule}`, {
			fix: "Give the file another name, or change what the source includes.",
		});
	}
}
