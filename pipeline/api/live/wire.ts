import type { LiveEvent } from "./live-event.ts";

/** What a client is told beside events: `gap` some of what it asks for is not told any more; `slow`, `closing` why it is left. */
export type Notice = "gap" | "slow" | "closing";

/** The way to one client. */
export interface Wire {
	send(events: readonly LiveEvent[]): void;
	/** `id`: from there on it goes on. */
	tell(notice: Notice, data: object, id?: number): void;
	/** It is alive, and was told all up to here: from here it may go on. */
	beat(upTo: number): void;
	/** Bytes that the client has not taken. */
	readonly waiting: number;
	/** When the client has taken all, or is gone. */
	taken(): Promise<void>;
	/** After what it was sent. */
	end(): void;
	destroy(): void;
	/** Called once. */
	onGone(gone: () => void): void;
}
