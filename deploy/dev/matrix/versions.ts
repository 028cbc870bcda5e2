import type { ServiceName } from "../services.ts";

/** Those of which several versions, or servers, are supported. */
type VariedService = Extract<ServiceName, "rabbitmq" | "postgres" | "s3">;

/** A server of one version, and where it is got. */
export interface Version {
	/** As `--only` takes it: service and version. */
	readonly name: string;
	readonly title: string;
	readonly service: VariedService;
	/** What its own word about its version begins with. */
	readonly version: string;
	readonly from:
		| { readonly kind: "machine" }
		/** A release of Debian, in a directory of its own. */
		| { readonly kind: "debian"; readonly release: string }
		| { readonly kind: "go"; readonly program: string };
}

/** What a Debian package brings: the server, and what its tests call beside it. */
export const debianPackages = {
	rabbitmq: {
		package: "rabbitmq-server",
		directory: "/usr/lib/rabbitmq/bin",
		programs: ["rabbitmq-server", "rabbitmqctl"],
	},
	postgres: { package: "postgresql", directory: "/usr/lib/postgresql/*/bin", programs: ["postgres", "initdb"] },
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
];

export interface Suite {
	readonly name: string;
	/** Of the services, those whose versions it is run on. */
	readonly of: readonly VariedService[];
	/** What else it needs. */
	readonly needs: readonly ServiceName[];
	readonly vitest: (service: VariedService) => readonly string[];
}

const folders: Readonly<Record<VariedService, string>> = { rabbitmq: "amqp", postgres: "postgres", s3: "s3" };

export const suites: readonly Suite[] = [
	{
		name: "contract and integration",
		of: ["rabbitmq", "postgres", "s3"],
		needs: [],
		vitest: (service) => ["--project", "integration", `test/integration/${folders[service]}/`],
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
