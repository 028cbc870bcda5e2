import { refuseLinks } from "#connectors/file/no-links.ts";
import { Reception } from "#connectors/file/reception.ts";
import { Uploads } from "#connectors/file/uploads.ts";
import { permanent } from "#core/errors.ts";
import type { Inlet, NewUpload, Promised, Received, Terms, Upload } from "#core/ports/inlet.ts";
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
	readonly #uploads: Uploads;

	constructor(context: SourceInletContext) {
		this.#context = context;
		const { watch } = context.settings;
		this.#reception = new Reception(watch, context.mostBytes);
		this.#uploads = new Uploads(watch, this.#reception);
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
		await this.#look(path, origin);
		return received;
	}

	async begin(upload: NewUpload): Promise<Upload> {
		this.#refuse(upload.path);
		return await this.#uploads.create(upload);
	}

	upload(id: string): Promise<Upload> {
		return this.#uploads.find(id);
	}

	async append(id: string, offset: number, body: AsyncIterable<Uint8Array>, origin: Trace | undefined) {
		const { path } = await this.#uploads.find(id);
		this.#refuse(path);
		const appended = await this.#uploads.append(id, offset, body);
		if (appended.received !== undefined) await this.#look(path, origin);
		return appended;
	}

	abandon(id: string): Promise<void> {
		return this.#uploads.remove(id);
	}

	async announce(path: PathString, origin: Trace | undefined): Promise<void> {
		this.#refuse(path);
		await this.#context.announcements.tell(path, origin);
	}

	/** It is durable: whether it is looked at now or by the next scan is the same. */
	async #look(path: PathString, origin: Trace | undefined): Promise<void> {
		const isKnown = await this.#context.look(path).catch(() => false);
		if (isKnown && origin !== undefined) this.#context.cameFrom(path, origin);
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
