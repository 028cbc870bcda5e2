import { describeIsolatedPool } from "#test/contract/analysis-pool.ts";
import { describeWith } from "#test/support/services.ts";

describeWith("r", "R is installed", () => describeIsolatedPool("spare"));
