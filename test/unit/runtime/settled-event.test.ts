import { expect, test } from "vitest";
import { parseFileSettled } from "#runtime/settled-event.ts";
import { acquisition, traceparent } from "#test/support/acquisitions.ts";

const good = acquisition("run-7/plate.csv", "content");
const [member] = good.members;
const event = { id: "e1", type: "file.settled", version: 1, acquisition: good, root: "/instruments", traceparent };
const withMember = (changes: object) => ({ ...event, acquisition: { ...good, members: [{ ...member, ...changes }] } });
const withAcquisition = (changes: object) => ({ ...event, acquisition: { ...good, ...changes } });
const endless = "x".repeat(10_000_000);

test("what the edge tells is read as it was told", () => {
	expect(parseFileSettled(JSON.stringify(event))).toEqual(event);
});

test.each<[string, string | object]>([
	["no JSON", "{"],
	["nested without end", `${"[".repeat(100_000)}${"]".repeat(100_000)}`],
	["of another version", { ...event, version: 2 }],
	["of another type", { ...event, type: "file.unsettled" }],
	["of wrong types", { ...event, acquisition: [good] }],
	["all in its prototype", `{"__proto__":${JSON.stringify(event)}}`],
	["with a path that leads out", withMember({ path: "../../etc/passwd" })],
	["with a path that leads out from within", withMember({ path: "run-7/../../passwd" })],
	["with an absolute path", withMember({ path: "/etc/passwd" })],
	["with a NUL in a path", withMember({ path: "plate\0.csv" })],
	["with a NUL in its source", withAcquisition({ source: "plates\0" })],
	["with a root that is not absolute", { ...event, root: "instruments" }],
	["with an endless id", { ...event, id: endless }],
	["with an endless key", withAcquisition({ key: endless })],
	["with an endless source", withAcquisition({ source: endless })],
	["with an endless number", withMember({ mtimeNs: "9".repeat(10_000_000) })],
	["with a negative size", withMember({ size: -1 })],
	["with a size beyond all numbers", JSON.stringify(withMember({ size: 0 })).replace('"size":0', '"size":1e400')],
	["of a time that is none", withAcquisition({ settledAt: 1e300 })],
	["of no files", withAcquisition({ members: [] })],
])("an event %s is malformed", (_what, body) => {
	const text = typeof body === "string" ? body : JSON.stringify(body);
	expect(() => parseFileSettled(text)).toThrow(expect.objectContaining({ code: "MESSAGE_MALFORMED" }));
});

test("a capture named like what every object inherits is none", () => {
	const hostile = JSON.stringify(withAcquisition({ captures: { well: "A1" } })).replace(
		'"captures":{',
		'"captures":{"__proto__":{"polluted":"yes"},',
	);
	const { captures } = parseFileSettled(hostile).acquisition;
	expect(Reflect.ownKeys(captures)).toEqual(["well"]);
	expect(captures.polluted).toBe(undefined);
});
