import { MemoryCache } from "#connectors/memory/cache.ts";
import { describeCache } from "./cache.ts";

describeCache("memory", async () => ({ open: async () => new MemoryCache(), dispose: async () => {} }));
