import { MemoryWaitingRoom } from "#connectors/memory/waiting-room.ts";
import type { WaitingRoom } from "#core/ports/waiting-room.ts";
import { describeWaitingRoom } from "./waiting-room.ts";

describeWaitingRoom("memory", { durable: false }, async () => {
	const rooms = new Map<string, MemoryWaitingRoom<unknown>>();
	return {
		room: <T>(name: string) => {
			const room = rooms.get(name) ?? new MemoryWaitingRoom<unknown>();
			rooms.set(name, room);
			return room as WaitingRoom<T>;
		},
		reopen: async () => {},
		close: async () => {},
	};
});
