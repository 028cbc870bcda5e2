import { basename } from "node:path";
import { type Alert, ruleName, runbookOf } from "../alerts/alert.ts";

/** The page that leads from an alert to what to do. */
export function runbookIndex(alerts: readonly Alert[]): string {
	const rows = alerts.map((alert) => {
		const severities = [...new Set(alert.levels.map(({ severity }) => severity))].join(", ");
		const inside = alert.levels.some(({ expression }) => expression.evaluate !== undefined) ? "yes" : "";
		return `| [${ruleName(alert)}](${basename(runbookOf(alert))}) | ${severities} | ${inside} | ${alert.meaning} |`;
	});
	return `# What to do when an alert fires

<!-- Made from the declarations in observability/alerts by \`npm run alerts\`: change those. -->

Critical: somebody acts now. Warning: somebody looks within the working day. Info: nobody has to.
Alerts that are evaluated inside of each process need no Prometheus: \`watchrabbit alerts\` shows them.

| alert | severity | inside | what it means |
|---|---|---|---|
${rows.join("\n")}
`;
}
