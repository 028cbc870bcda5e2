import { randomBytes } from "node:crypto";
import type { LabOptions } from "./lab.ts";
import type { Product } from "./product.ts";
import { addVirtualHost } from "./servers/rabbitmq.ts";
import { S3FaultProxy } from "./servers/s3-fault-proxy.ts";
import { type Link, startToxiproxy } from "./servers/toxiproxy.ts";
import { createServiceLab, type Services, startServices } from "./service-lab.ts";

const serviceNames = ["broker", "postgres", "s3", "redis"] as const;
export type LinkName = (typeof serviceNames)[number];

/** Services, and all that can stand between them and the product. */
export interface UnreliableServices {
	/** As they are, for a look at what is really there. */
	readonly direct: Services;
	readonly links: Readonly<Record<LinkName, Link>>;
	/** Between the link and the server. */
	readonly s3Faults: S3FaultProxy;
	/** A lab that reaches them by the links, in a virtual host, a database and a bucket of its own, and an empty Redis. */
	createLab(options: LabOptions): Promise<UnreliableLab>;
	stop(): Promise<void>;
}

export interface UnreliableLab {
	readonly lab: Product;
	readonly virtualHost: string;
	/** Of RabbitMQ and of its database, as they are reached directly. */
	readonly broker: string;
	readonly database: string;
	readonly bucket: string;
}

export async function startUnreliableServices(): Promise<UnreliableServices> {
	const [direct, toxiproxy] = await Promise.all([startServices(), startToxiproxy()]);
	const { rabbitMq, postgres, s3, redis } = direct;
	const s3Faults = new S3FaultProxy(s3.url);
	const upstreams = { broker: rabbitMq.url, postgres: postgres.url, s3: await s3Faults.start(), redis: redis.url };
	const linkTo = async (name: LinkName) => [name, await toxiproxy.link(name, new URL(upstreams[name]).host)] as const;
	const links = Object.fromEntries(await Promise.all(serviceNames.map(linkTo))) as Record<LinkName, Link>;
	const by = (name: LinkName, url: string) => {
		const linked = new URL(url);
		linked.host = links[name].address;
		return linked.href;
	};
	return {
		direct,
		links,
		s3Faults,
		createLab: async (options) => {
			const virtualHost = `lab-${randomBytes(4).toString("hex")}`;
			const [broker, database] = [await addVirtualHost(rabbitMq, virtualHost), await postgres.createDatabase()];
			const bucket = await s3.createBucket();
			await redis.client.flushall();
			const reached = {
				...direct,
				rabbitMq: { ...rabbitMq, url: by("broker", broker) },
				postgres: { ...postgres, createDatabase: async () => by("postgres", database) },
				s3: { ...s3, createBucket: async () => ({ ...bucket, endpoint: by("s3", s3.url) }) },
				redis: { ...redis, url: by("redis", redis.url) },
			};
			const lab = await createServiceLab(reached, options);
			return { lab, virtualHost, broker, database, bucket: bucket.bucket };
		},
		stop: async () => {
			await toxiproxy.stop();
			await s3Faults.stop();
			await direct.stop();
		},
	};
}
