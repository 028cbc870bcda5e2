/** One measured figure, as `--json` prints it: every key is always there. */
export interface Figure {
	/** The bench's own id: P1, P3, ... */
	readonly id: string;
	readonly what: string;
	readonly value: number;
	readonly unit: string;
	/** The peer's value in the same unit and the same run; null where there is none. */
	readonly peer: number | null;
	readonly peerName: string | null;
	/** How many times better than the peer: above 1 is better, whichever direction the unit has. */
	readonly ratio: number | null;
	readonly goal: string | null;
	/** null where there is no goal, or where it cannot be judged because the peer is missing. */
	readonly met: boolean | null;
}

export interface Finding {
	readonly what: string;
	readonly value: number;
	readonly unit: string;
	readonly better: "higher" | "lower";
	/** `value` undefined: the peer could not be had here, and `name` says why. */
	readonly peer?: { readonly name: string; readonly value: number | undefined };
	/** Reached at this value (in the finding's unit), at this ratio, or both. */
	readonly goal?: { readonly value?: number; readonly ratio?: number };
}

/** Works out ratio, goal and whether it is met. */
export function figure(id: string, finding: Finding): Figure {
	const { what, value, unit, better, peer, goal } = finding;
	const higher = better === "higher";
	const peerValue = peer?.value;
	const ratio = peerValue === undefined ? null : higher ? value / peerValue : peerValue / value;
	const verdicts: (boolean | null)[] = [];
	const goals: string[] = [];
	if (goal?.value !== undefined) {
		goals.push(`${higher ? ">=" : "<"} ${goal.value.toLocaleString("en-US")} ${unit}`);
		verdicts.push(higher ? value >= goal.value : value < goal.value);
	}
	if (goal?.ratio !== undefined) {
		goals.push(`>= ${goal.ratio} times the peer`);
		verdicts.push(ratio === null ? null : ratio >= goal.ratio);
	}
	return {
		id,
		what,
		value,
		unit,
		peer: peerValue ?? null,
		peerName: peer?.name ?? null,
		ratio,
		goal: goals.length === 0 ? null : goals.join(" and "),
		met:
			verdicts.length === 0 || (verdicts.includes(null) && !verdicts.includes(false))
				? null
				: !verdicts.includes(false),
	};
}
