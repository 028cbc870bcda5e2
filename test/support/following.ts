/** Follows what happens by Server-Sent Events, and reads whatever comes, until it is told to leave. */
export async function follow(api: string): Promise<() => void> {
	const leaving = new AbortController();
	const headers = { accept: "text/event-stream" };
	const { body } = await fetch(`${api}/api/v1/events`, { headers, signal: leaving.signal });
	body?.pipeTo(new WritableStream()).catch(() => {});
	return () => leaving.abort();
}
