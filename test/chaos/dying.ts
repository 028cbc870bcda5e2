import { killAtStep, killAtTurn, type Step } from "./steps.ts";

/** For a process that is to die at the step, the n-th time it comes there. */
export function dyingAt(step: Step, turn: number): NodeJS.ProcessEnv {
	const options = [process.env.NODE_OPTIONS ?? "", `--import=${new URL("./kill-at.ts", import.meta.url)}`];
	return { NODE_OPTIONS: options.join(" ").trim(), [killAtStep]: step, [killAtTurn]: String(turn) };
}
