import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { provideServices } from "./provide-services.ts";
import { services } from "./services.ts";

/** `npm run chaos -- --seed N --rounds M [--only FAULT]`: the chaos suite over all services, at any size; what it draws is its seed's. */
const root = fileURLToPath(new URL("../..", import.meta.url));
const nightlyRounds = 100;
const mostSeed = 2 ** 31 - 1;
const faults = faultNames();

const help = `Usage: npm run chaos -- [--seed N] [--rounds M] [--only FAULT]

Instrument files flow in while services and processes fail, one and two at a time; then every store is held against
every other. Each fault is told as it happens. The same seed draws the same faults in the same order.

  --seed N      a whole number; without it one is chosen, and told
  --rounds M    how often something fails; ${nightlyRounds}
  --only FAULT  nothing but this, in every round

Faults:
${faults.map((name) => `  ${name}`).join("\n")}
`;

const { seed, rounds, only } = asked();
console.log(`chaos: seed ${seed}, ${rounds} rounds${only === undefined ? "" : ` of ${only}`}`);
const { r, rabbitmq, postgres, s3, redis, toxiproxy, faketime } = services;
const rows = [r, rabbitmq, postgres, s3, redis, toxiproxy, faketime];
const provided = provideServices(process.env, (line) => console.log(`chaos: ${line}`), rows);
const vitest = fileURLToPath(import.meta.resolve("vitest/package.json").replace("package.json", "vitest.mjs"));
const { status } = spawnSync(
	process.execPath,
	[vitest, "run", "--project", "chaos", "--disableConsoleIntercept", "test/chaos/services.test.ts"],
	{
		cwd: root,
		stdio: ["ignore", "inherit", "inherit"],
		env: {
			...provided.environment,
			CI: "true", // what is missing is a failure here: nobody asks for chaos to have it skipped
			WATCHRABBIT_CHAOS_SEED: String(seed),
			WATCHRABBIT_CHAOS_ROUNDS: String(rounds),
			WATCHRABBIT_CHAOS_SLOW: "true",
			...(only === undefined ? {} : { WATCHRABBIT_CHAOS_ONLY: only }),
		},
	},
);
provided.end();
process.exitCode = status === 0 ? 0 : 1;

interface Asked {
	readonly seed: number;
	readonly rounds: number;
	readonly only: string | undefined;
}

/** Ends the process where it was asked for help, or for what there is not. */
function asked(): Asked {
	try {
		const { values } = parseArgs({
			options: {
				seed: { type: "string" },
				rounds: { type: "string", default: String(nightlyRounds) },
				only: { type: "string" },
				help: { type: "boolean", short: "h", default: false },
			},
		});
		if (values.help) {
			process.stdout.write(help);
			process.exit(0);
		}
		const { only } = values;
		if (only !== undefined && !faults.includes(only)) throw new Error(`there is no fault ${only}; --help lists them`);
		return {
			seed: values.seed === undefined ? Date.now() % 1_000_000 : wholeNumber("--seed", values.seed, 0),
			rounds: wholeNumber("--rounds", values.rounds, 1),
			only,
		};
	} catch (thrown) {
		console.error(`chaos: ${thrown instanceof Error ? thrown.message : thrown}`);
		process.exit(2);
	}
}

function wholeNumber(option: string, text: string, least: number): number {
	const number = Number(text);
	if (/^\d+$/.test(text) && number >= least && number <= mostSeed) return number;
	throw new Error(`${option} is a whole number from ${least} to ${mostSeed}, not "${text}"`);
}

/** The tests know them: tools of the checkout import none of those. */
function faultNames(): readonly string[] {
	const listing = join(root, "test/chaos/faults/every.ts");
	const { stdout, stderr, status } = spawnSync(process.execPath, ["--conditions=source", listing], {
		encoding: "utf8",
	});
	if (status !== 0) throw new Error(`the faults cannot be listed: ${stderr}`);
	return stdout.trim().split("\n");
}
