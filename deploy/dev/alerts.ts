import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { generatedFiles } from "../../observability/generated-files.ts";

/** `npm run alerts`: makes what Prometheus, Alertmanager and people read from the alerts' one declaration. */
const root = fileURLToPath(new URL("../..", import.meta.url));
for (const [path, text] of generatedFiles()) writeFileSync(join(root, path), text);
