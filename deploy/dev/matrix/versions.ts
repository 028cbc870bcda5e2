import type { ServiceName } from "../services.ts";

/** Those of which several versions, or servers, are supported. */
type Varied = Extract<ServiceName, "rabbitmq" | "postgres" | "s3" | "r"> | "webr";

/** A server, or R, of one version, and where it is got. */
export interface Version {
	/** As `--only` takes it: service and version. */
	readonly name: string;
	readonly title: string;
	readonly service: Varied;
	/** What its own word about its version begins with. */
	readonly version: string;
	readonly from:
		| { readonly kind: "machine" }
		/** A release of Debian, in a directory of its own. */
		| { readonly kind: "debian"; readonly release: string }
		| { readonly kind: "go"; readonly program: string }
		/** A dependency of the project. */
		| { readonly kind: "npm" };
}

/** What Debian's packages bring: the program, and what its tests call beside it. */
export const debianPackages = {
	rabbitmq: {
		packages: ["rabbitmq-server"],
		directory: "/usr/lib/rabbitmq/bin",
		programs: ["rabbitmq-server", "rabbitmqctl"],
	},
	postgres: { packages: ["postgresql"], directory: "/usr/lib/postgresql/*/bin", programs: ["postgres", "initdb"] },
	r: {
		packages: ["r-base-core", "r-cran-ggplot2", "r-cran-lattice", "r-cran-rmarkdown", "pandoc", "r-cran-tinytest"],
		directory: "/usr/bin",
		programs: ["Rscript", "R"],
	},
} as const;

/** Every version that is supported. */
export const versions: readonly Version[] = [
	rabbitmq("3.10", { kind: "machine" }),
	rabbitmq("4.0", { kind: "debian", release: "trixie" }),
	rabbitmq("4.3", { kind: "debian", release: "sid" }),
	postgres("15", { kind: "machine" }),
	postgres("17", { kind: "debian", release: "trixie" }),
	postgres("18", { kind: "debian", release: "sid" }),
	{ name: "seaweedfs-4", title: "SeaweedFS (S3)", service: "s3", version: "4.", from: { kind: "machine" } },
	{
		name: "versitygw-1",
		title: "versitygw (S3)",
		service: "s3",
		version: "1.",
		from: { kind: "go", program: "github.com/versity/versitygw/cmd/versitygw@v1.8.0" },
	},
	r("4.2", { kind: "machine" }),
	r("4.5", { kind: "debian", release: "trixie" }),
	r("4.6", { kind: "debian", release: "sid" }),
	{ name: "webr-4.6", title: "R in WebAssembly (webR)", service: "webr", version: "4.6.", from: { kind: "npm" } },
];

export interface Suite {
	readonly name: string;
	/** Those whose versions it is run on. */
	readonly of: readonly Varied[];
	/** What else it needs. */
	readonly needs: readonly ServiceName[];
	readonly vitest: (of: Varied) => readonly string[];
}

const files: Readonly<Record<Varied, readonly string[]>> = {
	rabbitmq: ["test/integration/amqp/"],
	postgres: ["test/integration/postgres/"],
	s3: ["test/integration/s3/"],
	r: [
		"--project=e2e",
		"test/integration/r-workers/",
		"test/integration/templates/",
		"test/e2e/several-r.",
		"--exclude=**/wasm*",
	],
	webr: ["test/integration/r-workers/wasm"],
};

export const suites: readonly Suite[] = [
	{
		name: "contract and integration",
		of: ["rabbitmq", "postgres", "s3", "r", "webr"],
		needs: [],
		vitest: (of) => ["--project", "integration", ...files[of]],
	},
	{
		name: "messages",
		of: ["rabbitmq"],
		needs: ["r", "postgres"],
		vitest: () => ["--project", "e2e", "test/e2e/messages.test.ts"],
	},
	{
		name: "chaos",
		of: ["rabbitmq", "postgres", "s3"],
		needs: ["r", "rabbitmq", "postgres", "s3", "redis", "toxiproxy", "faketime"],
		vitest: () => ["--project", "chaos", "test/chaos/services.test.ts"],
	},
];

function rabbitmq(version: string, from: Version["from"]): Version {
	return { name: `rabbitmq-${version}`, title: "RabbitMQ", service: "rabbitmq", version: `${version}.`, from };
}

function postgres(version: string, from: Version["from"]): Version {
	return { name: `postgres-${version}`, title: "PostgreSQL", service: "postgres", version: `${version}.`, from };
}

function r(version: string, from: Version["from"]): Version {
	return { name: `r-${version}`, title: "R", service: "r", version: `${version}.`, from };
}
