/** Services that are told of what became of jobs. No work waits for one: what it is to be told waits in the catalog. */
export const sinkNames = ["rabbitmq", "kafka"] as const;

const before = "sink/";

/** What a process calls it among its neighbours. */
export function sinkNeighbour(name: string): string {
	return `${before}${name}`;
}

/** Under which the catalog has how far it was told. */
export function sinkFeed(name: string): string {
	return `sink.${name}`;
}

export function isSink(neighbour: string): boolean {
	return neighbour.startsWith(before);
}
