import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * Of the files that run beside one another, the contract of webR begins before the others: it computes for minutes, while
 * they wait for much of theirs, and it is short, so that it would be begun last. Chaos goes before it, and has the machine
 * for itself: how soon all is well again is measured there.
 */
export class LongestFirst extends BaseSequencer {
	override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
		const sorted = await super.sort(files);
		return sorted.toSorted((a, b) => turn(a) - turn(b));
	}
}

function turn({ moduleId, project }: TestSpecification): number {
	const ofGroup = project.name === "chaos" ? 0 : moduleId.endsWith("/wasm.contract.test.ts") ? 1 : 2;
	return project.config.sequence.groupOrder * 3 + ofGroup;
}
