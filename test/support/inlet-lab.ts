import { SourceInlet } from "#app/source-inlet.ts";
import type { Workbench } from "#cli/application.ts";
import { systemClock } from "#core/clock.ts";
import { delivered } from "#core/outcome.ts";
import type { IncomingFile } from "#core/ports/source.ts";
import { Announcements } from "#runtime/announcements.ts";
import type { SmallLab } from "./small-lab.ts";

/** Files may be brought to a small lab, and are seen there at once. */
export interface InletLab {
	readonly inlet: SourceInlet;
	readonly inlets: ReadonlyMap<string, SourceInlet>;
	readonly announced: readonly IncomingFile[];
	/** Nobody takes announcements any more. */
	stopHearing(): void;
}

export function inletLab(
	lab: SmallLab,
	bench: Workbench,
	{ isOurs = () => true, mostBytes = 2e6 }: { readonly isOurs?: () => boolean; readonly mostBytes?: number } = {},
): InletLab {
	const [settings] = lab.settings.sources;
	if (settings === undefined) throw new Error("a lab has a source");
	const announced: IncomingFile[] = [];
	const hearing = new AbortController();
	const announcements = new Announcements(systemClock, async () => {});
	const take: Parameters<Announcements["run"]>[0] = ({ value, receipt }) => {
		announced.push(value);
		receipt.resolve(delivered);
	};
	void announcements.run(take, hearing.signal, () => {});
	const look = async (path: string) => {
		lab.see(bench, path);
		return true;
	};
	const inlet = new SourceInlet({ settings, announcements, look, cameFrom: () => {}, isOurs, mostBytes });
	return { inlet, inlets: new Map([["plates", inlet]]), announced, stopHearing: () => hearing.abort() };
}
