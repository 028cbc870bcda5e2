import { registerHooks } from "node:module";

/**
 * Loaded before the product, it cuts telemetry out of it: no hop is measured and nothing is counted. Gauges stay: by them the bench sees how
 * far it is. What is left is what the product would cost had it never been instrumented.
 */
const cuts: Readonly<Record<string, (source: string) => string>> = {
	"/observability/tracing.js": () =>
		'import { untraced } from "#core/ports/tracer.ts";\nexport const measuring = () => untraced;\nexport class Tracing {}\n',
	"/observability/metrics.js": (source) =>
		without(
			without(source, "counter.inc(bounds.bound(labels), by)"),
			"histogram.observe({ labels: bounds.bound(labels), value, exemplarLabels })",
		),
};

function without(source: string, call: string): string {
	if (!source.includes(call)) throw new Error(`metrics.js no longer says ${call}: nothing would be cut out`);
	return source.replace(call, "undefined");
}

registerHooks({
	load: (url, context, next) => {
		const loaded = next(url, context);
		const cut = Object.entries(cuts).find(([module]) => url.endsWith(module))?.[1];
		return cut === undefined ? loaded : { ...loaded, source: cut(String(loaded.source)) };
	},
});
