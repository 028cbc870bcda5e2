import { describe, expect, it } from "vitest";
import type { CatalogUnderTest } from "../catalog.ts";

export function describeLeases(under: () => CatalogUnderTest): void {
	describe("leases", () => {
		it("are held by one, who may keep them under the same token", async () => {
			const { catalog } = under();
			expect(await catalog.lease("flow/0", "host-1", 1_000, 100)).toBe(1);
			expect(await catalog.lease("flow/0", "host-2", 1_000, 200)).toBeUndefined();
			expect(await catalog.lease("flow/0", "host-1", 1_000, 1_000)).toBe(1);
			expect(await catalog.lease("flow/1", "host-2", 1_000, 200)).toBe(1);
		});

		it("go with a larger token to whoever comes once they are over or given back", async () => {
			const { catalog } = under();
			await catalog.lease("flow/0", "host-1", 1_000, 100);
			expect(await catalog.lease("flow/0", "host-2", 1_000, 1_100)).toBe(2);
			await catalog.endLease("flow/0", "host-1");
			expect(await catalog.lease("flow/0", "host-1", 1_000, 1_200)).toBeUndefined();
			await catalog.endLease("flow/0", "host-2");
			expect(await catalog.lease("flow/0", "host-1", 1_000, 1_200)).toBe(3);
			expect(await catalog.lease("flow/0", "host-1", 1_000, 9_000)).toBe(4);
		});

		it("are taken by one of many", async () => {
			const { catalog } = under();
			const owners = Array.from({ length: 10 }, (_, i) => `host-${i}`);
			const tokens = await Promise.all(owners.map((owner) => catalog.lease("flow/0", owner, 1_000, 100)));
			expect(tokens.filter((token) => token !== undefined)).toEqual([1]);
		});
	});
}
