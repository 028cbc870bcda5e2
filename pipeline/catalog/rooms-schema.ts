/** Tables of what waits in rooms. Part of `schema.ts`, and by its rules. */
export interface RoomsSchema {
	waiting: WaitingTable;
	departed: DepartedTable;
}

export interface WaitingTable {
	room: string;
	key_hash: string;
	id_hash: string;
	seq: number;
	key: string;
	id: string;
	value: string;
	since: number;
	due_at: number;
	/** 1 once it went on and stays known only. */
	passed: number;
}

/** Who left a room for good. */
interface DepartedTable {
	room: string;
	key_hash: string;
	id_hash: string;
}
