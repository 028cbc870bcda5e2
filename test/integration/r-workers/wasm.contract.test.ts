import { describeAnalysisPool } from "#test/contract/analysis-pool.ts";

describeAnalysisPool({ engine: "wasm", programs: false, temporaryOnDisk: false });
