import type { Role } from "#cli/application.ts";
import { systemClock } from "#core/clock.ts";
import type { Report } from "#domain/report.ts";
import type { Settings } from "#domain/settings.ts";
import { alertCatalogue } from "#observability/alerts/alert-catalogue.ts";
import { AlertWatch } from "#observability/alerts/alert-watch.ts";
import { Webhook } from "#observability/alerts/webhook.ts";
import type { Metrics } from "#observability/metrics.ts";

/** The alerts of a process, and who is told of them. */
export class Alerting {
	readonly #watch: AlertWatch;
	readonly #webhook: Webhook | undefined;

	constructor({ alerts, objectives }: Settings, metrics: Metrics, report: Report, roles: readonly Role[]) {
		const { webhook, repeatMs } = alerts;
		this.#webhook = webhook && new Webhook({ ...webhook, repeatMs }, systemClock, report);
		this.#watch = new AlertWatch({
			metrics,
			alerts: alertCatalogue(objectives).filter(({ needs }) => needs === undefined || roles.includes(needs)),
			clock: systemClock,
			report,
			notify: async (firing, turn) => await this.#webhook?.tell(firing, turn),
		});
	}

	get active() {
		return this.#watch.active;
	}

	/** At once, and not only when it is time. */
	look(): Promise<void> {
		return this.#watch.look();
	}

	start(): void {
		this.#watch.start();
	}

	async stop(): Promise<void> {
		await this.#watch.stop();
		await this.#webhook?.close();
	}
}
