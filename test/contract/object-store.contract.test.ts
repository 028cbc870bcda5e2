import { join } from "node:path";
import { DirectoryObjectStore } from "#connectors/file/object-store.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";
import { describeObjectStore } from "./object-store.ts";

describeObjectStore("directory", { ordered: true, atomicIfAbsent: true, replacesWhole: true }, async () => {
	const { path, remove } = temporaryDirectory();
	return {
		open: async () => new DirectoryObjectStore(join(path, "objects")),
		dispose: async () => remove(),
	};
});
