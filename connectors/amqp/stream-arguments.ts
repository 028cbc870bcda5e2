/** What is older, or over the size, goes. It does so by whole segments: they are small, so that a small limit means something. */
export function streamArguments({ ageMs, bytes }: { readonly ageMs: number; readonly bytes: number }) {
	return {
		"x-queue-type": "stream",
		"x-max-age": `${Math.ceil(ageMs / 1000)}s`,
		"x-max-length-bytes": bytes,
		"x-stream-max-segment-size-bytes": Math.max(1_000_000, Math.min(500_000_000, Math.floor(bytes / 10))),
	};
}
