import type { Observable } from "rxjs";
import type { Envelope } from "#core/envelope.ts";
import type { Acquisition } from "#domain/acquisition.ts";
import type { ConfigInput } from "./schema.ts";

/**
 * A stage of one's own: an RxJS operator over acknowledged envelopes. It sees `value.acquisition`, and for every
 * envelope passes the receipt on, forks it, joins it or resolves it, exactly once.
 */
export type CustomStage = <A extends { readonly acquisition: Acquisition }>(
	arriving$: Observable<Envelope<A>>,
) => Observable<Envelope<A>>;

type Section<Key extends "sources" | "pools"> = ConfigInput[Key];
type Pipelines = NonNullable<ConfigInput["pipelines"]>;
type Pipeline = Pipelines[string];

/** The YAML as an object; besides, `stages` are named, and used in a pipeline as `{ name: {} }`. */
export interface TypedConfig {
	readonly data?: string;
	readonly http?: ConfigInput["http"];
	readonly sources?: Section<"sources">;
	readonly pipelines?: Readonly<Record<string, Pipeline>>;
	readonly pools?: Section<"pools">;
	readonly stages?: Readonly<Record<string, CustomStage>>;
}

/** Gives a configuration in TypeScript its types: `export default defineConfig({ ... })`. */
export function defineConfig(config: TypedConfig): TypedConfig {
	return config;
}
