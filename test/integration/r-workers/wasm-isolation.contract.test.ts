import { describeIsolatedPool } from "#test/contract/analysis-pool.ts";

describeIsolatedPool("wasm");
