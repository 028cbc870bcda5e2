import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { UpOptions } from "#cli/application.ts";
import { asWatchRabbitError, permanent } from "#core/errors.ts";
import { placesIn } from "#domain/places.ts";
import type { Settings } from "#domain/settings.ts";
import { provisioning, startLines, targetsFolder } from "#observability/provisioning/provisioning.ts";

/** As asked for on the command line. @throws WatchRabbitError OBSERVE_NOTHING, OBSERVE_DIRECTORY (permanent) */
export function openObserving({ observe, roles }: UpOptions, settings: Settings): Observing | undefined {
	if (observe === undefined) return undefined;
	if (!roles.includes("serve") && settings.operations === undefined) {
		throw permanent("OBSERVE_NOTHING", `this process tells no metrics: it does not serve, but ${roles.join(", ")}`, {
			fix: 'Say in the configuration where it is to tell them: http: { operations: "127.0.0.1:0" }.',
		});
	}
	return new Observing(observe.directory ?? placesIn(settings.data).observe, settings);
}

/** `up --observe`: the files by which Prometheus, Alertmanager and Grafana watch this installation, this process among them. */
class Observing {
	readonly #directory: string;
	#target: string | undefined;

	/**
	 * Writes all of them but this process's own; what a person has adapted stays as it is.
	 *
	 * @throws WatchRabbitError OBSERVE_DIRECTORY (permanent)
	 */
	constructor(directory: string, { services, objectives }: Pick<Settings, "services" | "objectives">) {
		this.#directory = directory;
		const broker = services.broker === undefined ? undefined : new URL(services.broker.url).hostname;
		for (const { path, text, isTheirs } of provisioning({ directory, broker, objectives })) {
			if (!isTheirs || !existsSync(join(directory, path))) this.#write(path, text);
		}
	}

	/** What a person does with it, a line each: those of commands are to be copied. */
	get lines(): readonly string[] {
		return [
			`what Prometheus, Alertmanager and Grafana need to watch this is in ${this.#directory}; start them by`,
			...startLines(this.#directory),
			`whom alerts go to is yours to say in ${join(this.#directory, "alertmanager/alertmanager.yml")}`,
		];
	}

	/**
	 * This process tells its metrics at this address. Processes that share the directory are all watched; one that is started
	 * again where it was killed is watched once.
	 */
	served(address: string, installation: string): void {
		this.#target = join(targetsFolder, `${installation.replace(/@.*$/, "")}.json`);
		this.#write(this.#target, `${JSON.stringify([{ targets: [new URL(address).host] }])}\n`);
	}

	/** It was ended, which is no fault that anybody is to be told of: only where it is still looked for. */
	ended(warn: (message: string) => void): void {
		if (this.#target === undefined) return;
		try {
			rmSync(join(this.#directory, this.#target), { force: true });
		} catch (thrown) {
			warn(`Prometheus still looks for this process: ${asWatchRabbitError(thrown).message}`);
		}
	}

	#write(path: string, text: string): void {
		const file = join(this.#directory, path);
		try {
			mkdirSync(dirname(file), { recursive: true });
			writeFileSync(file, text);
		} catch (thrown) {
			const error = asWatchRabbitError(thrown);
			if (error.class === "transient") throw error;
			throw permanent("OBSERVE_DIRECTORY", `${file} cannot be written: ${error.message}`, {
				cause: thrown,
				fix: "Give a directory to --observe that this user may write to.",
			});
		}
	}
}
