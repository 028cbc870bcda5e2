import type { Progress } from "./job.ts";

/** 45 %: reading wells */
export function progressInWords({ fraction, message }: Pick<Progress, "fraction" | "message">): string {
	const share = `${Math.round(fraction * 100)} %`;
	return message === "" ? share : `${share}: ${message}`;
}
