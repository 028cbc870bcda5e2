import { describe, expect, it } from "vitest";
import { acquisition, arrival, intake } from "#test/support/acquisitions.ts";
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

		it("are told by the beginning of their names, those that are held", async () => {
			const { catalog } = under();
			await catalog.lease("flow/b", "host-1", 1_000, 100);
			await catalog.lease("flow/a", "host-2", 5_000, 100);
			await catalog.lease("flow/c", "host-3", 5_000, 100);
			await catalog.lease("flux", "host-4", 5_000, 100);
			await catalog.endLease("flow/c", "host-3");
			expect(await catalog.leaseholders("flow/", 500)).toEqual(
				new Map([
					["flow/a", "host-2"],
					["flow/b", "host-1"],
				]),
			);
			expect([...(await catalog.leaseholders("flow/", 2_000)).keys()]).toEqual(["flow/a"]);
		});

		it("are told as they were given last, also those that nobody holds now", async () => {
			const { catalog } = under();
			await catalog.lease("watch/a", "host-1", 1_000, 100);
			await catalog.lease("watch/a", "host-2", 5_000, 2_000);
			await catalog.lease("watch/b", "host-1", 1_000, 100);
			await catalog.lease("watch/c", "host-3", 9_000, 100);
			await catalog.endLease("watch/c", "host-3");
			await catalog.lease("watches", "host-4", 9_000, 100);
			expect(await catalog.leasesGiven("watch/", 3_000)).toEqual(
				new Map([
					["watch/a", { token: 2, holder: "host-2" }],
					["watch/b", { token: 1, holder: undefined }],
					["watch/c", { token: 1, holder: undefined }],
				]),
			);
		});

		it("fence out what is committed under one that another was given since: nothing of it is there", async () => {
			const { catalog } = under();
			const name = "flow/0";
			const token = (await catalog.lease(name, "host-1", 1_000, 100)) ?? 0;
			const under1 = { ...intake([arrival(acquisition("a", "A"))]), lease: { name, token } };
			await catalog.commitIntake(under1);
			await catalog.lease(name, "host-2", 1_000, 9_000);
			const late = { ...intake([arrival(acquisition("b", "B"))]), lease: { name, token } };
			await expect(catalog.commitIntake(late)).rejects.toMatchObject({ code: "LEASE_LOST", unusable: true });
			expect((await catalog.acquisitions({ limit: 9, filter: {} })).items.map(({ key }) => key)).toEqual(["a"]);
		});

		it("are taken by one of many", async () => {
			const { catalog } = under();
			const owners = Array.from({ length: 10 }, (_, i) => `host-${i}`);
			const tokens = await Promise.all(owners.map((owner) => catalog.lease("flow/0", owner, 1_000, 100)));
			expect(tokens.filter((token) => token !== undefined)).toEqual([1]);
		});
	});
}
