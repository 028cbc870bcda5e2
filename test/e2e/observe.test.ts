import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { chmod, readdir, readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { parse } from "yaml";
import { createLab } from "#test/support/lab.ts";
import { eventually, type Product } from "#test/support/product.ts";
import { freePort } from "#test/support/servers/free-port.ts";
import { killed } from "#test/support/servers/killed.ts";
import { type Prometheus, startPrometheus } from "#test/support/servers/prometheus.ts";
import { describeWith, requireService } from "#test/support/services.ts";

const otherLab = `data: ./state-2
http: { listen: "127.0.0.1:0" }
sources: { other: { watch: ./data } }
pipelines: { count: { from: other, analysis: ./count.R } }
`;

describeWith(["prometheus", "promtool", "alertmanager", "amtool"], "up --observe", () => {
	let lab: Product;
	let prometheus: Prometheus | undefined;
	const servers: ChildProcess[] = [];
	afterEach(async () => {
		await Promise.all(servers.splice(0).map(killed));
		await prometheus?.stop();
		prometheus = undefined;
		await lab.remove();
	});

	function checked(tool: "promtool" | "amtool", ...args: string[]) {
		const { status, stdout, stderr } = spawnSync(requireService(tool), args, { cwd: lab.directory, encoding: "utf8" });
		expect(status, stdout + stderr).toBe(0);
	}

	it("writes what Prometheus, Alertmanager and Grafana take as it is; a Prometheus started so scrapes this very process", async () => {
		lab = await createLab();
		const up = lab.start("up", "--observe", "observe");
		const address = new URL(await up.address()).host;
		await up.says(/at work/);
		checked("promtool", "check", "config", "observe/prometheus/prometheus.yml");
		checked("amtool", "check-config", "observe/alertmanager/alertmanager.yml");
		expect(up.output).toContain(`prometheus --config.file=${lab.path("observe/prometheus/prometheus.yml")}`);

		prometheus = await startPrometheus(lab.path("observe/prometheus/prometheus.yml"));
		const { query } = prometheus;
		const scraped = await eventually(
			async () => {
				const [first] = await query('up{job="watchrabbit"}');
				return first?.values[0] === 1 ? first : undefined;
			},
			() => "Prometheus has scraped it",
		);
		expect(scraped.metric.instance).toBe(address);
		expect(await query("watchrabbit_build_info")).toHaveLength(1);

		await up.stop();
		expect(await readdir(lab.path("observe/prometheus/targets"))).toEqual([]);
	});

	it("prints lines that a shell starts them by as they are, whatever the directory is called", async () => {
		lab = await createLab();
		const name = "what the lab's process says";
		const up = lab.start("up", "--observe", name);
		await up.says(/at work/);
		await lab.write(
			"bin/grafana",
			'#!/bin/sh\nprintf "%s\\n" "$GF_SERVER_HTTP_ADDR" "$GF_PATHS_DATA" "$GF_PATHS_LOGS" "$@"\n',
		);
		await chmod(lab.path("bin/grafana"), 0o755);
		for (const tool of ["prometheus", "alertmanager"] as const)
			await symlink(requireService(tool), lab.path("bin", tool));
		const env = { ...process.env, PATH: `${lab.path("bin")}:${process.env.PATH}` };
		const lines = up.output.slice(0, up.output.lastIndexOf("\n")).split("\n");
		const said = lines.map((line) => (line.startsWith("{") ? String(JSON.parse(line).msg) : line));
		const line = (tool: string) => said.find((one) => one.includes(`${tool} --`)) ?? `no ${tool}`;

		const grafana = spawnSync("sh", ["-c", line("grafana server")], { env, encoding: "utf8" });
		const [data, logs] = ["grafana/data", "grafana/logs"].map((path) => lab.path(name, path));
		expect(grafana.stdout.split("\n")).toEqual([
			"127.0.0.1",
			data,
			logs,
			"server",
			"--homepath=/usr/share/grafana",
			"",
		]);

		for (const tool of ["prometheus", "alertmanager"]) {
			const address = `127.0.0.1:${await freePort()}`;
			const command = line(tool).replace(/127\.0\.0\.1:\d+/, address);
			const server = spawn("sh", ["-c", `exec ${command}`], { env, stdio: "ignore" });
			servers.push(server);
			await eventually(
				async () => ((await fetch(`http://${address}/-/ready`)).ok ? true : undefined),
				() => `${command} has started`,
			);
			expect(await readdir(lab.path(name, tool))).toContain("data");
		}
	});

	it("gives Grafana its dashboards, and data sources by the names that exemplars lead to", async () => {
		lab = await createLab();
		const up = lab.start("up", "--observe");
		await up.says(/at work/);
		const read = async (path: string) => await readFile(lab.path("state/observe/grafana", path), "utf8");
		const { providers } = parse(await read("provisioning/dashboards/watchrabbit.yml"));
		const files = await readdir(providers[0].options.path);
		expect(files).toContain("watchrabbit-overview.json");
		for (const file of files) JSON.parse(await readFile(join(providers[0].options.path, file), "utf8"));
		const { datasources } = parse(await read("provisioning/datasources/watchrabbit.yml"));
		const [metrics, traces] = datasources;
		expect([metrics.type, traces.type]).toEqual(["prometheus", "tempo"]);
		expect(metrics.jsonData.exemplarTraceIdDestinations).toEqual([{ name: "trace_id", datasourceUid: traces.uid }]);
	});

	it("leaves what a person has adapted as it is", async () => {
		lab = await createLab();
		const theirs = "route: { receiver: us }\nreceivers: [{ name: us }]\n";
		await lab.write("observe/alertmanager/alertmanager.yml", theirs);
		await lab.start("up", "--observe", "observe").says(/at work/);
		expect(await readFile(lab.path("observe/alertmanager/alertmanager.yml"), "utf8")).toBe(theirs);
	});

	it("is refused to a process that tells no metrics, and with a directory that cannot be written, with what to do", async () => {
		lab = await createLab();
		const quiet = await lab.run("up", "--roles", "watch", "--observe");
		expect(quiet.stderr).toContain("OBSERVE_NOTHING");
		expect(quiet.stderr).toContain("http: { operations:");
		const blocked = await lab.run("up", "--observe", "count.R");
		expect(blocked.stderr).toContain("OBSERVE_DIRECTORY");
		expect(quiet.code).not.toBe(0);
		expect(blocked.code).not.toBe(0);
	});

	it("two processes of one host that share the directory are both found", async () => {
		lab = await createLab({ files: { "other.yaml": otherLab } });
		const both = [lab.start("up", "--observe", "observe"), lab.start("up", "-c", "other.yaml", "--observe", "observe")];
		for (const up of both) await up.says(/at work/);
		const addresses = await Promise.all(both.map(async (up) => new URL(await up.address()).host));
		const targets = await readdir(lab.path("observe/prometheus/targets"));
		const told = await Promise.all(
			targets.map(async (name) => JSON.parse(await readFile(lab.path("observe/prometheus/targets", name), "utf8"))),
		);
		expect(told.flatMap(([{ targets }]) => targets).toSorted()).toEqual(addresses.toSorted());
	});
});
