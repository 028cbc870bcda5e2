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

type Pipeline = NonNullable<ConfigInput["pipelines"]>[string];
type BuiltInStage = NonNullable<Pipeline["stages"]>[number];

/** The YAML as an object; besides, `stages` are named, and used in a pipeline as `{ name: {} }`. */
export interface TypedConfig<Name extends string = string> extends Omit<ConfigInput, "pipelines"> {
	readonly pipelines?: Readonly<
		Record<
			string,
			Omit<Pipeline, "stages"> & { readonly stages?: (BuiltInStage | Partial<Record<NoInfer<Name>, object>>)[] }
		>
	>;
	readonly stages?: Readonly<Record<Name, CustomStage>>;
}

/** Gives a configuration in TypeScript its types: `export default defineConfig({ ... })`. */
export function defineConfig<const Name extends string = never>(config: TypedConfig<Name>): TypedConfig<Name> {
	return config;
}
