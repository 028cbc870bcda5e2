import { expect, it } from "vitest";
import { PeerCertificates } from "#app/peer-certificates.ts";
import { Samplers } from "#app/samplers.ts";
import type { Role } from "#cli/application.ts";
import { expose } from "#observability/expose.ts";
import { createMetrics } from "#observability/metrics.ts";
import { workspace } from "#test/support/config-workspace.ts";

it("disks of sources are told by who watches them: nobody else touches a share that may hang", async () => {
	const { load } = workspace();
	const { settings } = await load(`sources:
  plates: { watch: in }
pipelines:
  count: { from: plates, analysis: a.R }
`);
	const places = async (...roles: Role[]) => {
		const metrics = createMetrics();
		new Samplers({ ...settings, data: process.cwd() }, metrics, roles, new PeerCertificates(settings, roles));
		const { text } = await expose(metrics, undefined);
		return [...text.matchAll(/^watchrabbit_disk_size_bytes{place="(\w+)"}/gm)].map(([, place]) => place);
	};
	expect(await places("watch", "flow")).toEqual(["data", "plates"]);
	expect(await places("flow", "work", "serve")).toEqual(["data"]);
});
