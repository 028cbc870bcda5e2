import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { daysAgo } from "#test/support/certificates.ts";
import { FiringAlerts, meanwhile } from "#test/support/firing-alerts.ts";
import { listed } from "#test/support/lab.ts";
import { Product } from "#test/support/product.ts";
import { freePort } from "#test/support/servers/free-port.ts";
import { type RabbitMq, startRabbitMq } from "#test/support/servers/rabbitmq.ts";
import { type RedisServer, startRedis } from "#test/support/servers/redis.ts";
import { describeWith } from "#test/support/services.ts";
import { TimeLapse } from "#test/support/time-lapse.ts";

/** Between two steps of the clock the broker, whose own is the true one, says that it is there. */
const heartbeatMs = 6_000;
const nextLookSeconds = 16;
const minute = 60;
const hour = 3_600;
const patienceMs = 100_000;

const configuration = (broker: string, cachePort: string) => `data: ./state
http: { listen: "127.0.0.1:0" }
sources:
  reader: { watch: ./in, complete: { quiet: 100ms } }
pipelines:
  plate: { from: reader, analysis: ./plate.R, timeout: 7d }
broker: ${broker}
cache: { url: "rediss://127.0.0.1:${cachePort}", tls: { ca: ./ca.pem } }
`;

const hanging = `analyze <- function(inputs, params, out) {
  while (!file.exists(file.path(dirname(inputs[[1]]), "../go"))) Sys.sleep(0.1)
  list(bytes = structure(file.size(inputs[[1]]), unit = "By"))
}
`;

describeWith(["faketime", "r", "rabbitmq", "redis"], "alerts of broker and cache, in a running system", () => {
	let rabbitMq: RabbitMq;
	let redis: RedisServer;
	let lab: Product;
	let clock: TimeLapse;
	let address: string;
	let firing: FiringAlerts;

	beforeAll(async () => {
		rabbitMq = await startRabbitMq();
		lab = await Product.create({ "plate.R": hanging, "in/.keep": "" });
		const { cert, key, ca } = certificate(1);
		const port = String(await freePort());
		const files = ["--tls-cert-file", cert, "--tls-key-file", key, "--tls-ca-cert-file", ca];
		redis = await startRedis("--tls-port", port, "--tls-auth-clients", "no", ...files);
		await lab.write("watchrabbit.yaml", configuration(rabbitMq.url, port));
		clock = new TimeLapse(lab.directory);
		const up = lab.startWith(clock.environment, "up");
		await up.says(/at work/);
		await up.says(/pool default.*ready in/);
		address = await up.address();
		firing = await FiringAlerts.inside(up, patienceMs);
	});

	afterAll(async () => {
		clock?.stop();
		await lab?.remove();
		await Promise.all([rabbitMq?.stop(), redis?.stop()]);
	});

	const steps = async (seconds: number, until: Promise<void>) =>
		await meanwhile(until, heartbeatMs, async () => clock.step(seconds));
	/** Of a year that ends in so many days, by the same authority as the one before. */
	function certificate(days: number): { readonly cert: string; readonly key: string; readonly ca: string } {
		const [cert, key, ca] = [lab.path("cert.pem"), lab.path("key.pem"), lab.path("ca.pem")];
		const env = daysAgo(365 - days);
		const openssl = (...args: readonly string[]) =>
			execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", ...args], { stdio: "ignore", env });
		if (!existsSync(ca)) openssl("-days", "3650", "-subj", "/CN=authority", "-keyout", lab.path("ca.key"), "-out", ca);
		const signed = ["-CA", ca, "-CAkey", lab.path("ca.key"), "-addext", "basicConstraints=CA:FALSE"];
		const subject = ["-subj", "/CN=cache", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "365"];
		openssl(...subject, ...signed, "-keyout", key, "-out", cert);
		return { cert, key, ca };
	}
	const job = async (state: string) =>
		await listed<{ state: string }>(address, "jobs", (all) => all.some((one) => one.state === state));

	it("a certificate that the cache shows is told as CertificateEnding, until it is replaced", async () => {
		const [warning, critical] = ["CertificateEnding warning cache server", "CertificateEnding critical cache server"];
		await firing.fires(warning, critical);
		const replaced = async (days: number) => {
			const { cert, key } = certificate(days);
			await redis.client.config("SET", "tls-cert-file", cert, "tls-key-file", key);
		};
		await replaced(7);
		await steps(hour, firing.areOver(critical));
		expect(await firing.all()).toEqual([warning]);
		await replaced(90);
		await steps(hour, firing.areOver(warning));
	});

	it("an alarm of its memory is told as BrokerBlocked, until there is memory", async () => {
		await lab.write("in/first.csv", "1;2;3\n");
		await job("running");
		await rabbitMq.ask("set_vm_memory_high_watermark", "absolute", "1");
		await lab.write("in/second.csv", "4;5;6\n");
		await steps(minute, firing.fires("BrokerBlocked critical"));
		await rabbitMq.ask("set_vm_memory_high_watermark", "absolute", "1GB");
		await steps(nextLookSeconds, firing.areOver("BrokerBlocked critical"));
	});

	it("results that it cannot be told of are told as SinkDown, after hours as critical, until it knows", async () => {
		expect(await firing.all()).toEqual([]);
		await rabbitMq.kill();
		await lab.write("go", "");
		await job("completed");
		clock.run({ seconds: 5 * minute, everyMs: 250 });
		await firing.fires("SinkDown warning sink/rabbitmq", "SinkDown critical sink/rabbitmq");
		clock.stop();
		await rabbitMq.startAgain();
		await steps(nextLookSeconds, firing.areOver("SinkDown warning sink/rabbitmq", "SinkDown critical sink/rabbitmq"));
	});
});
