import type { IHeaders, KafkaMessage } from "kafkajs";
import { asText } from "#core/as-text.ts";
import { permanent } from "#core/errors.ts";
import type { IncomingFile } from "#core/ports/source.ts";
import type { MessageHeaders } from "#core/ports/work-queue.ts";
import { type Trace, traceIn } from "#core/trace.ts";
import type { Place } from "./dead-letters.ts";
import { idOf, type KeptMessage, written } from "./letter.ts";

/** `announce`: the value is `{"path": "..."}`; `carry`: the value is the file, the header `name`, else the key, its path. */
export type MessageForm = "announce" | "carry";

/** @throws WatchRabbitError KAFKA_MESSAGE_UNREADABLE (permanent) */
export function incomingFile(form: MessageForm, message: KafkaMessage, place: Place): IncomingFile {
	const file = form === "announce" ? announced(message) : carried(message);
	const letter = () => written(message, place);
	return { ...file, sentAt: Number(message.timestamp), origin: originOf(message), id: idOf(message, place), letter };
}

function originOf({ headers }: KafkaMessage): Trace | undefined {
	return traceIn(text(headers, "traceparent"));
}

/** What a carried file is called. */
export function nameOf({ key, headers }: KafkaMessage): string | undefined {
	return text(headers, "name") ?? key?.toString();
}

/** With the key, as JSON can say it. */
export function headersOf({ key, headers = {} }: KeptMessage): MessageHeaders {
	const asTexts = (header: IHeaders[string]) => [header].flat().map((value) => asText(Buffer.from(value ?? "")));
	const told = Object.entries(headers).map(([name, header]) => {
		const texts = asTexts(header);
		return [name, texts.length === 1 ? texts[0] : texts];
	});
	return Object.fromEntries(key === null ? told : [...told, ["key", asText(key)]]);
}

type Told = Pick<IncomingFile, "path" | "content">;

function announced({ value }: KafkaMessage): Told {
	try {
		const { path } = JSON.parse(String(value));
		if (typeof path === "string") return { path, content: undefined };
	} catch {
		// Told below, as is JSON without a path.
	}
	throw unreadable("it is not JSON with a path in it", 'Send {"path": "run-7/plate.csv"}.');
}

function carried(message: KafkaMessage): Told {
	const path = nameOf(message);
	const { value } = message;
	if (path === undefined) throw unreadable("the file has no name", "Send its name in the header name, or as the key.");
	if (value === null) throw unreadable("it carries no file", "Send the bytes of the file as the value.");
	return { path, content: value };
}

function text(headers: IHeaders | undefined, name: string): string | undefined {
	const [value] = [headers?.[name]].flat();
	return value?.toString();
}

function unreadable(why: string, fix: string) {
	return permanent("KAFKA_MESSAGE_UNREADABLE", `a message cannot be read: ${why}`, { fix });
}
