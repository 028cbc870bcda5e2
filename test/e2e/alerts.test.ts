import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually, Product, type Running } from "#test/support/product.ts";
import { Receiver } from "#test/support/receiver.ts";

const configuration = (webhook: string) => `data: ./state
http: { listen: "127.0.0.1:0" }
sources:
  reader: { watch: ./in, complete: { quiet: 100ms } }
pipelines:
  plate: { from: reader, analysis: ./plate.R, retry: { attempts: 1 } }
alerts: { webhook: "${webhook}", token: a-token }
`;

const failing = `analyze <- function(inputs, params, out) {
  if (!file.exists(file.path(dirname(inputs[[1]]), "../mended"))) stop("the standards are missing")
  list(bytes = structure(file.size(inputs[[1]]), unit = "By"))
}
`;

interface ShownAlert {
	readonly name: string;
	readonly state: string;
	readonly severity: string;
	readonly summary: string;
	readonly labels: Readonly<Record<string, string>>;
	readonly runbook: string;
}

interface Message {
	readonly status: string;
	readonly alerts: readonly { readonly status: string; readonly labels: Readonly<Record<string, string>> }[];
}

describe("alerts of a single machine, without Prometheus", () => {
	let receiver: Receiver;
	let lab: Product;
	let up: Running;
	let address: string;

	beforeAll(async () => {
		receiver = await Receiver.start();
		lab = await Product.create({
			"watchrabbit.yaml": configuration(`${receiver.address}/hook`),
			"plate.R": failing,
			"in/.keep": "",
		});
		up = lab.start("up");
		address = await up.address();
	});

	afterAll(async () => {
		await lab.remove();
		await receiver.stop();
	});

	const listed = async () => {
		const { items } = (await (await fetch(`${address}/api/v1/alerts`)).json()) as { items: ShownAlert[] };
		return items;
	};
	const metric = async (name: string) =>
		(await (await fetch(`${address}/metrics`)).text())
			.split("\n")
			.filter((line) => line.startsWith(name))
			.join("\n");
	const alerts = async (hope: string, hoped: (all: readonly ShownAlert[]) => boolean | Promise<boolean>) =>
		await eventually(
			async () => {
				const all = await listed();
				return (await hoped(all)) ? all : undefined;
			},
			() => hope,
			90_000,
		);
	const fires = (name: string) => (all: readonly ShownAlert[]) =>
		all.some((alert) => alert.name === name && alert.state === "firing");
	const sent = (name: string, status: string) =>
		eventually(
			() =>
				receiver
					.messages<Message>("/hook")
					.flatMap(({ alerts }) => alerts)
					.find((alert) => alert.labels.alertname === name && alert.status === status),
			() => `the webhook was told that ${name} is ${status}`,
			90_000,
		);

	it("none fires while all is well", async () => {
		expect(await listed()).toEqual([]);
		expect(await lab.run("alerts")).toMatchObject({ code: 0, stderr: "nothing is wrong\n" });
	});

	it("a script that always fails is told by API, command, health, metrics, log and webhook", async () => {
		for (let file = 0; file < 4; file++) await lab.write(`in/bad-${file}.csv`, `bad ${file}`);
		const [alert] = (await alerts("the failure rate fires", fires("WatchRabbitFailureRate"))).filter(
			({ name }) => name === "WatchRabbitFailureRate",
		);
		expect(alert).toMatchObject({
			severity: "warning",
			summary: "Pipeline plate: 100% of its attempts failed.",
			labels: { pipeline: "plate" },
			runbook: "observability/runbooks/failure-rate.md",
		});
		const { code, stdout } = await lab.run("alerts");
		expect(code).toBe(1);
		expect(stdout).toContain("WatchRabbitFailureRate");
		expect(stdout).toContain("Pipeline plate: 100% of its attempts failed.");
		expect(stdout).toContain("observability/runbooks/failure-rate.md");
		const health = await fetch(`${address}/health`);
		expect(health.status).toBe(200);
		expect(await health.json()).toMatchObject({
			ok: true,
			alerts: expect.arrayContaining([expect.objectContaining({ name: "WatchRabbitFailureRate" })]),
		});
		expect(await metric("watchrabbit_alerts_firing")).toContain('alert="WatchRabbitFailureRate"');
		await up.says(/WatchRabbitFailureRate \(warning\): Pipeline plate: 100% of its attempts failed/);
		await sent("WatchRabbitFailureRate", "firing");
		await sent("WatchRabbitDeadJobs", "firing");
		expect(receiver.received[0]?.headers.authorization).toBe("Bearer a-token");
	});

	it("is over once the script is mended, and everybody is told", async () => {
		await lab.write("mended", "");
		await lab.run("replay", "--dead");
		for (let file = 0; file < 100; file++) await lab.write(`in/good-${file}.csv`, `good ${file}`);
		await alerts("the failure rate is over", (all) => !fires("WatchRabbitFailureRate")(all));
		await alerts("no job is dead any more", (all) => !fires("WatchRabbitDeadJobs")(all));
		await sent("WatchRabbitFailureRate", "resolved");
		await sent("WatchRabbitDeadJobs", "resolved");
		await up.says(/WatchRabbitFailureRate is over/);
	});
});
