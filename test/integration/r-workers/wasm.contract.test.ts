import { describeAnalysisPool } from "#test/contract/analysis-pool.ts";

describeAnalysisPool("wasm");
