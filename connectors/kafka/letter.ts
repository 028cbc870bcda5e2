import type { IHeaders, KafkaMessage } from "kafkajs";
import type { Place } from "./dead-letters.ts";

/** What is kept of a message, wherever it waits or ends. */
export type KeptMessage = Pick<KafkaMessage, "key" | "value" | "headers" | "offset">;

interface Written {
	readonly place: Place;
	readonly offset: string;
	readonly key: string | null;
	readonly value: string | null;
	readonly headers: readonly (readonly [name: string, values: readonly string[]])[];
}

/** The same for every copy of a message, and for no other one. */
export function idOf({ offset }: KeptMessage, { topic, partition }: Place): string {
	return `${topic}/${partition}@${offset}`;
}

/** A message as text, whole: its bytes are in base64. */
export function written({ key, value, headers = {}, offset }: KeptMessage, place: Place): string {
	const kept: Written = {
		place,
		offset,
		key: key && base64(key),
		value: value && base64(value),
		headers: Object.entries(headers).map(([name, header]) => [
			name,
			[header].flat().map((one) => base64(Buffer.from(one ?? ""))),
		]),
	};
	return JSON.stringify(kept);
}

export function read(letter: string): { readonly message: KeptMessage; readonly place: Place } {
	const { place, offset, key, value, headers } = JSON.parse(letter) as Written;
	const asHeader = (values: readonly string[]): IHeaders[string] => {
		const [first, ...others] = values.map(bytes);
		return others.length === 0 ? first : [first as Buffer, ...others];
	};
	const message = {
		offset,
		key: key === null ? null : bytes(key),
		value: value === null ? null : bytes(value),
		headers: Object.fromEntries(headers.map(([name, values]) => [name, asHeader(values)])),
	};
	return { message, place };
}

function base64(content: Buffer): string {
	return content.toString("base64");
}

function bytes(text: string): Buffer {
	return Buffer.from(text, "base64");
}
