/**
 * A JSON-like value as R code: strings with any characters, doubles to the last bit, types as they are. Whole numbers,
 * fractions, NaN and infinities are doubles; an array of one kind of scalar is a vector (null among them NA), any other
 * array a list; an object is a named list; null is NULL.
 *
 * @throws RangeError for a string with a NUL character, which R cannot hold
 */
export function rLiteral(value: unknown): string {
	if (value === null || value === undefined) return "NULL";
	if (typeof value === "string") return rString(value);
	if (typeof value === "number") return rNumber(value);
	if (typeof value === "boolean") return value ? "TRUE" : "FALSE";
	if (Array.isArray(value)) return rVector(value);
	return rList(Object.entries(value));
}

/** A list whose names may be anything, the empty string too. */
export function rList(entries: readonly (readonly [string, unknown])[]): string {
	const present = entries.filter(([, item]) => item !== undefined);
	if (present.length === 0) return "list()";
	const items = present.map(([, item]) => rLiteral(item)).join(",");
	return `structure(list(${items}),names=c(${present.map(([name]) => rString(name)).join(",")}))`;
}

const missing = { string: "NA_character_", number: "NA_real_", boolean: "NA" } as const;

function rVector(items: readonly unknown[]): string {
	const kinds = new Set(items.filter((item) => item !== null).map((item) => typeof item));
	const [kind] = kinds;
	if (kinds.size === 1 && (kind === "string" || kind === "number" || kind === "boolean")) {
		return `c(${items.map((item) => (item === null ? missing[kind] : rLiteral(item))).join(",")})`;
	}
	return `list(${items.map(rLiteral).join(",")})`;
}

/** ASCII only, so that no locale can spoil it. A lone surrogate, which is no character, becomes U+FFFD. */
function rString(text: string): string {
	if (text.includes("\0")) throw new RangeError("R strings cannot hold the character NUL");
	return JSON.stringify(text.toWellFormed()).replace(/[^\x20-\x7e]/gu, (character) => {
		const code = (character.codePointAt(0) as number).toString(16);
		return code.length <= 4 ? `\\u${code.padStart(4, "0")}` : `\\U${code.padStart(8, "0")}`;
	});
}

const bits = new DataView(new ArrayBuffer(8));

/** R reads decimals with up to 17 digits not always as the nearest double; hexadecimal ones it reads exactly. */
function rNumber(value: number): string {
	if (Number.isNaN(value)) return "NaN";
	if (!Number.isFinite(value)) return value > 0 ? "Inf" : "-Inf";
	if (Object.is(value, -0)) return "-0";
	if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value);
	bits.setFloat64(0, value);
	const raw = bits.getBigUint64(0);
	const exponent = Number((raw >> 52n) & 0x7ffn);
	const fraction = raw & 0xfffffffffffffn;
	const whole = exponent === 0 ? fraction : fraction | 0x10000000000000n;
	const power = Math.max(exponent, 1) - 1075;
	// R divides by the power of two, which must itself be a double.
	const scale = power < -1000 ? `p-500*0x1p${power + 500}` : `p${power}`;
	return `${value < 0 ? "-" : ""}0x${whole.toString(16)}${scale}`;
}
