import { afterEach, expect, it } from "vitest";
import { parse } from "yaml";
import { declareConfig } from "#config/schema.ts";
import { secretKeys } from "#config/secrets-in.ts";
import { createLab } from "#test/support/lab.ts";
import { eventually, type Product } from "#test/support/product.ts";

/** Nobody listens there. */
const nowhere = "127.0.0.1:1";
const canary = (name: string) => `canary-${name}`;

const catalog = `catalog: postgres://lab:${canary("catalog")}@${nowhere}/lab`;
const catalogMap = `catalog: { url: "postgres://${nowhere}/lab?user=lab&password=${canary("catalog.url")}" }`;
const others = `broker: amqp://lab:${canary("broker")}@${nowhere}/lab
objects: { url: "s3://lab:${canary("objects.url")}@bucket/lab", endpoint: "http://${nowhere}", region: eu-1 }
cache: { url: "redis+sentinel://:${canary("cache.url")}@${nowhere}/master", sentinelPassword: ${canary("cache.sentinelPassword")} }
kafka: { brokers: ["${nowhere}"], login: { username: lab, password: ${canary("kafka.login.password")} } }
alerts: { webhook: "http://${nowhere}/${canary("alerts.webhook")}", token: ${canary("alerts.token")} }
access:
  required: true
  secret: 0123456789abcdef-${canary("access.secret")}
  oidc: { issuer: "http://${nowhere}", clientId: lab, clientSecret: ${canary("access.oidc.clientSecret")}, grants: [] }
telemetry:
  traces:
    otlp: http://lab:${canary("telemetry.traces.otlp")}@${nowhere}
    headers: { authorization: Bearer ${canary("telemetry.traces.headers.authorization")} }
  logs:
    otlp: http://lab:${canary("telemetry.logs.otlp")}@${nowhere}
    headers: { authorization: Bearer ${canary("telemetry.logs.headers.authorization")} }
`;
const shortly = `broker: { url: "amqp://lab:${canary("broker.url")}@${nowhere}/lab" }
cache: redis://:${canary("cache")}@${nowhere}
objects: s3://lab:${canary("objects")}@bucket/lab
`;

const configurations = [catalog, catalogMap, others, shortly];

let lab: Product | undefined;
afterEach(() => lab?.remove());

it("each secret that the configuration declares is tried here", () => {
	const tried = configurations.flatMap((text) => [...text.matchAll(/canary-([\w.]+)/g)].map(([, name]) => name));
	const declared = configurations.flatMap((text) => secretKeys(declareConfig(), parse(text)));
	const paths = new Set(declared.map(({ path }) => path.join(".")));
	expect(new Set(tried)).toEqual(paths);
});

it.each(configurations)("nothing that is said anywhere holds a secret, while all services fail: %s", async (more) => {
	const environment = {
		AWS_ACCESS_KEY_ID: "lab",
		AWS_SECRET_ACCESS_KEY: canary("aws"),
		AWS_REGION: "eu-1",
		AWS_ENDPOINT_URL: `http://${nowhere}`,
		WATCHRABBIT_LOG_LEVEL: "trace",
	};
	lab = await createLab({ more, environment });
	await lab.write("data/plate.csv", "1;2;3\n");
	const up = lab.start("up", "--json");
	await up.says(/AWAY|UNAVAILABLE|ECONNREFUSED/);
	const address = await up.address();
	const health = await eventually(
		async () => {
			const text = await (await fetch(`${address}/health/ready`)).text();
			return text.includes('"down"') ? text : undefined;
		},
		() => "health says what is down",
	);
	const metrics = await (await fetch(`${address}/metrics`)).text();
	const said = [health, metrics];
	for (const command of [["doctor"], ["list", "files"], ["why", "data/plate.csv"], ["config", "explain"]]) {
		const { stdout, stderr } = await lab.run("--debug", ...command);
		said.push(stdout, stderr);
	}
	await up.stop();
	said.push(up.output);
	for (const text of said) expect(text).not.toMatch(/canary/);
	expect(said.join("")).toContain("***");
});
