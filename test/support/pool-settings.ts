import { defaultPool } from "#config/to-settings.ts";
import type { PoolSettings } from "#domain/settings.ts";

/** Of the pool that needs no configuration, with one worker that may print little, with changes. */
export function poolSettings(changes: Partial<PoolSettings> = {}): PoolSettings {
	return { ...defaultPool(), workers: 1, outputBytes: 16 * 2 ** 20, ...changes };
}
