/** What a client of Server-Sent Events is told, read as the standard says. */
export interface Told {
	readonly id: string | undefined;
	readonly event: string;
	// biome-ignore lint/suspicious/noExplicitAny: what an event holds is what the tests are about
	readonly data: any;
}

/** Follows until `end`, or until the server ends it; `lastId` is where a browser would resume. */
export class FollowedEvents {
	readonly told: Told[] = [];
	readonly comments: string[] = [];
	readonly answer: Response;
	lastId: string | undefined;
	/** Resolves when the stream is over, by whomever. */
	readonly over: Promise<void>;
	readonly #controller: AbortController;

	private constructor(answer: Response, controller: AbortController, lastId: string | undefined) {
		this.answer = answer;
		this.#controller = controller;
		this.lastId = lastId;
		this.over = this.#read().catch(() => {});
	}

	static async open(url: string, lastId?: string, headers: Record<string, string> = {}): Promise<FollowedEvents> {
		const controller = new AbortController();
		const answer = await fetch(url, {
			signal: controller.signal,
			headers: {
				accept: "text/event-stream",
				...headers,
				...(lastId === undefined ? {} : { "last-event-id": lastId }),
			},
		});
		return new FollowedEvents(answer, controller, lastId);
	}

	get kinds(): readonly string[] {
		return this.told.map(({ event }) => event);
	}

	async end(): Promise<void> {
		this.#controller.abort();
		await this.over;
	}

	async #read(): Promise<void> {
		let text = "";
		const decoder = new TextDecoder();
		for await (const chunk of this.answer.body ?? []) {
			text += decoder.decode(chunk, { stream: true });
			const blocks = text.split("\n\n");
			text = blocks.pop() ?? "";
			for (const block of blocks) this.#hear(block);
		}
	}

	#hear(block: string): void {
		const fields = new Map<string, string>();
		for (const line of block.split("\n")) {
			const colon = line.indexOf(":");
			fields.set(line.slice(0, colon), line.slice(colon + 1).trim());
		}
		const id = fields.get("id");
		if (id !== undefined) this.lastId = id;
		const comment = fields.get("");
		if (comment !== undefined) this.comments.push(comment);
		const data = fields.get("data");
		if (data !== undefined) this.told.push({ id, event: fields.get("event") ?? "message", data: JSON.parse(data) });
	}
}
