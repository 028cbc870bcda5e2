import { setImmediate as othersTurn } from "node:timers/promises";
import type { Alert, Level, Severity } from "./alert.ts";
import { ruleName } from "./alert.ts";
import { keyOf, type Labels, type Numbers } from "./expression.ts";
import { annotationsOf, labelsOf } from "./rules.ts";
import { shown } from "./value.ts";

export interface ActiveAlert {
	/** The same for the same alert, severity and labels. */
	readonly id: string;
	readonly name: string;
	readonly severity: Severity;
	/** `pending`: it holds, but not yet for as long as it has to. */
	readonly state: "pending" | "firing";
	/** With name and severity, as Prometheus would tell them. */
	readonly labels: Labels;
	readonly annotations: ReturnType<typeof annotationsOf>;
	readonly value: number;
	/** When it began to hold. Milliseconds since the epoch. */
	readonly since: number;
}

export interface Turn {
	readonly fired: readonly ActiveAlert[];
	readonly resolved: readonly ActiveAlert[];
}

type Inside = Level & { readonly expression: { readonly evaluate: NonNullable<Level["expression"]["evaluate"]> } };

/**
 * What holds at the moment, and for how long it has. An alert is pending while it holds, firing once it has held for its
 * time, and gone as soon as it does not hold any more.
 */
export class ActiveAlerts {
	readonly #levels: readonly { readonly alert: Alert; readonly level: Inside }[];
	#active: ReadonlyMap<string, ActiveAlert & { readonly heldFrom: number }> = new Map();

	constructor(alerts: readonly Alert[]) {
		this.#levels = alerts.flatMap((alert) => alert.levels.filter(isInside).map((level) => ({ alert, level })));
	}

	get reads() {
		return this.#levels.flatMap(({ level }) => ("reads" in level.expression ? level.expression.reads : []));
	}

	get all(): readonly ActiveAlert[] {
		return [...this.#active.values()].map(({ heldFrom: _, ...alert }) => alert);
	}

	/**
	 * `at` never steps back, and is what times are measured by; seconds. Many series take a while: others have their turn
	 * in between. One at a time.
	 */
	async judge(numbers: Numbers, at: number): Promise<Turn> {
		const before = this.#active;
		const moment = { numbers, computed: new Map() };
		const active = new Map<string, ActiveAlert & { readonly heldFrom: number }>();
		for (const { alert, level } of this.#levels) {
			await othersTurn();
			for (const { labels: told, value } of level.expression.evaluate(moment)) {
				const labels = { alertname: ruleName(alert), ...told, ...labelsOf(level) };
				const id = keyOf(labels);
				const { heldFrom, since } = before.get(id) ?? { heldFrom: at, since: numbers.now * 1000 };
				active.set(id, {
					id,
					name: ruleName(alert),
					severity: level.severity,
					state: at - heldFrom >= level.forSeconds ? "firing" : "pending",
					labels,
					annotations: annotationsOf(alert, level, (name) => told[name] ?? "", shown(alert.value, value)),
					value,
					since,
					heldFrom,
				});
			}
		}
		this.#active = active;
		const fires = (id: string, of: typeof active | typeof before) => of.get(id)?.state === "firing";
		return {
			fired: [...active.values()].filter(({ id, state }) => state === "firing" && !fires(id, before)),
			resolved: [...before.values()].filter(({ id, state }) => state === "firing" && !fires(id, active)),
		};
	}
}

function isInside(level: Level): level is Inside {
	return level.expression.evaluate !== undefined;
}
