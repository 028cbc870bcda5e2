import type { Content } from "./content.ts";

/** Source: github.com/git-lfs/git-lfs, docs/spec.md, "The Pointer". */
export const pointerBeginning = "version https://git-lfs.github.com/spec/";
const largestPointer = 1_024;

/** A pointer stands where a file belongs that was not fetched from Git LFS: it is never whole, and the file comes in its place. */
export function probeGitLfs(content: Content): string {
	const [, size] = /^size (\d+)$/m.exec(content.head(largestPointer).toString("latin1")) ?? [];
	const missing = size === undefined ? "the content" : `the ${size} bytes`;
	return `${missing} that this pointer of Git LFS stands for: \`git lfs pull\` brings them`;
}
