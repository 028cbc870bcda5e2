import { expect, it } from "vitest";
import { MemoryWaitingRoom } from "#connectors/memory/waiting-room.ts";

it("a waiting room in memory takes more keys than a call can have arguments", async () => {
	const room = new MemoryWaitingRoom<number>();
	for (let n = 150_000; n > 0; n--) await room.put({ key: String(n), id: "a", value: n, since: 0, dueAt: n });
	expect(await room.nextDue()).toBe(1);
});
