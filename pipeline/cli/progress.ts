import type { Terminal } from "./terminal.ts";

/** One line on standard error that is written over and over; nothing where no person looks. */
export interface Progress {
	show(text: string): void;
	clear(): void;
}

const everyMs = 100;

export function progressOn({ tell, sideInteractive, columns }: Terminal): Progress {
	let shownAt = Number.NEGATIVE_INFINITY;
	return {
		show: (text) => {
			const now = performance.now();
			if (!sideInteractive || now - shownAt < everyMs) return;
			shownAt = now;
			tell(`\r\x1b[K${text.slice(0, columns - 1)}`);
		},
		clear: () => {
			if (shownAt > 0) tell("\r\x1b[K");
			shownAt = Number.NEGATIVE_INFINITY;
		},
	};
}
