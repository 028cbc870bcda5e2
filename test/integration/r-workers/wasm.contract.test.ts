import { describeAnalysisPool, describeIsolatedPool } from "#test/contract/analysis-pool.ts";

// One after the other: two webR at a time are as slow as both, and leave nothing to the files beside them.
describeAnalysisPool("wasm");
describeIsolatedPool("wasm");
