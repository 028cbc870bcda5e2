import { watch } from "chokidar";
import { isolatedInput } from "../harness.ts";
import { measureReady, type WatchInput } from "../scenarios/watch-tree/ready.ts";

/** The peer with its defaults, or holding directories alone as its README shows: every file is ignored. */
const { root, directoriesOnly = false } = isolatedInput<WatchInput>();
const done = measureReady();
watch(root, directoriesOnly ? { ignored: (_path, stats) => stats?.isFile() ?? false } : {}).on("ready", done);
