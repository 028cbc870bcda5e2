import { parentPort } from "node:worker_threads";
import type { Answer, OtlpSettings } from "./otlp-batches.ts";

/** As OpenTelemetry's exporters are. */
interface Exporter<Made> {
	export(made: Made[], told: (result: { readonly code: number; readonly error?: Error }) => void): void;
}

/** In the thread of a collector: each batch that comes is made into what the exporter takes, sent, and answered. */
export function exchange<Item, Made>(make: (items: readonly Item[]) => Made[], exporter: Exporter<Made>): void {
	/** Gives why they were not taken. */
	const send = async (items: readonly Item[]) => {
		const made = make(items);
		return await new Promise<string | undefined>((resolve) => {
			exporter.export(made, ({ code, error }) =>
				resolve(code === 0 ? undefined : (error?.message ?? "it was not taken, nobody says why")),
			);
		});
	};
	parentPort?.on("message", async (items: readonly Item[]) => {
		const failure = await send(items).catch((thrown: unknown) => String(thrown));
		parentPort?.postMessage({ failure } satisfies Answer);
	});
}

/** What is not configured, the exporters take from OTEL_EXPORTER_OTLP_…, and from their defaults. */
export function overHttp({ url, headers, timeoutMs }: OtlpSettings) {
	return { ...(url !== undefined && { url }), headers: { ...headers }, timeoutMillis: timeoutMs };
}

export async function overGrpc({ url, headers, timeoutMs }: OtlpSettings) {
	const { createEmptyMetadata } = await import("@opentelemetry/otlp-grpc-exporter-base");
	const metadata = createEmptyMetadata();
	for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
	return { ...(url !== undefined && { url }), metadata, timeoutMillis: timeoutMs };
}
