import type { Random } from "../site.ts";
import { brokerFaults } from "./broker.ts";
import { clockFaults } from "./clock.ts";
import type { Fault } from "./fault.ts";
import { networkFaults } from "./network.ts";
import { postgresFaults } from "./postgres.ts";
import { processFaults } from "./process.ts";
import { redisFaults } from "./redis.ts";
import { s3Faults } from "./s3.ts";
import { stepFaults } from "./steps.ts";

const kinds: readonly (readonly Fault[])[] = [
	processFaults,
	stepFaults,
	brokerFaults,
	postgresFaults,
	s3Faults,
	redisFaults,
	networkFaults,
	clockFaults,
];

const faults: readonly Fault[] = kinds.flat();

export interface Drawing {
	readonly slow: boolean;
	/** The name of the only one that is drawn. */
	readonly only?: string;
}

/** One fault, or one time in three two of different kinds, to happen at the same time. */
export function drawFaults(random: Random, { slow, only }: Drawing): readonly Fault[] {
	if (only !== undefined) return faults.filter(({ name }) => name === only);
	const drawable = kinds.map((ofKind) => ofKind.filter((fault) => slow || fault.slow !== true));
	const [first, second] = [...drawable.keys()]
		.map((kind) => ({ kind, at: random() }))
		.sort((a, b) => a.at - b.at)
		.map(({ kind }) => drawable[kind] as readonly Fault[]) as [readonly Fault[], readonly Fault[]];
	const oneOf = (ofKind: readonly Fault[]) => ofKind[Math.floor(random() * ofKind.length)] as Fault;
	return random() < 1 / 3 ? [oneOf(first), oneOf(second)] : [oneOf(first)];
}

/** `npm run chaos -- --help` asks for their names. */
if (import.meta.main) for (const { name } of faults) console.log(name);
