/** From when until when a certificate is good: milliseconds since the epoch. */
export interface Validity {
	readonly start: number;
	readonly end: number;
}

/** As OpenSSL writes both. Fails where one is no time. */
export function validityOf(from: string, to: string): Validity {
	const [start, end] = [Date.parse(from), Date.parse(to)];
	if (!Number.isFinite(start) || !Number.isFinite(end)) throw new Error(`no certificate is good from ${from} to ${to}`);
	return { start, end };
}

/** Whichever ends first. */
export function firstToEnd(validities: readonly Validity[]): Validity | undefined {
	return validities.toSorted((one, other) => one.end - other.end)[0];
}
