import { metricCatalogue as metrics } from "#observability/metric-catalogue.ts";
import type { AlertCase } from "./alert-cases.ts";

const answers = { name: `${metrics.requestSeconds.name}_count` };
const jobs = { route: "/api/v1/jobs" };
const scraped = { job: "watchrabbit", instance: "lab:8080" };
const within = (window: string, value: number) => [{ labels: { window }, value }];
const hour = 60;
const day = 24 * hour;
/** Half hours a day: what takes days is told in larger steps. */
const perDay = 48;

/** Of alerts that only Prometheus evaluates. */
export const outsideAlertCases: readonly AlertCase[] = [
	{
		alert: "ScrapeMissing",
		severity: "critical",
		outside: true,
		when: "a process is out of reach for ten minutes",
		series: [[{ name: "up" }, scraped, "1x4 0x9 1x10"]],
		expected: { 4: [], 8: [], 11: [{ labels: scraped, value: 0 }], 16: [] },
	},
	{
		alert: "ScrapeMissing",
		severity: "critical",
		outside: true,
		when: "nobody is scraped at all, and then somebody is",
		series: [[{ name: "up" }, scraped, "_x10 1x10"]],
		expected: { 4: [], 7: [{ labels: { job: "watchrabbit" }, value: 1 }], 12: [] },
	},
	{
		alert: "ResultsLate",
		severity: "critical",
		outside: true,
		when: "a fifth of the results are late for an hour and a half, and then all are in time",
		series: [
			[metrics.objective, { outcome: "within" }, "0+10x180 1800+8x90 2520+10x400"],
			[metrics.objective, { outcome: "late" }, "0x181 2+2x89 180x400"],
		],
		expected: { 180: [], 260: [...within("1h", 0.2), ...within("6h", 158 / 2_590)], 300: [] },
	},
	{
		alert: "ResultsLate",
		severity: "critical",
		outside: true,
		when: "one job of five dies, which is no matter to wake anybody",
		series: [
			[metrics.objective, { outcome: "within" }, "0+0.05x400"],
			[metrics.objective, { outcome: "dead" }, "0x181 1x200"],
		],
		expected: { 180: [], 200: [], 240: [] },
	},
	{
		alert: "ResultsLate",
		severity: "warning",
		outside: true,
		step: 30,
		when: "two of a hundred results are late for days, and then none",
		series: [
			[metrics.objective, { outcome: "within" }, `0+98x${4 * perDay} ${98 * 4 * perDay}+100x${perDay}`],
			[metrics.objective, { outcome: "late" }, `0+2x${4 * perDay} ${2 * 4 * perDay}x${perDay}`],
		],
		expected: { [4 * day]: within("3d", 0.02), [4 * day + 7 * hour]: [] },
	},
	{
		alert: "ApiFailing",
		severity: "critical",
		outside: true,
		when: "every tenth answer of the API is a failure for an hour; that health says 503 does not count",
		series: [
			[answers, { ...jobs, status: "200" }, "0+100x120 12000+90x60 17400+100x120"],
			[answers, { ...jobs, status: "500" }, "0x121 10+10x59 600x120"],
			[answers, { route: "/health/ready", status: "503" }, "0+100x300"],
		],
		expected: { 120: [], 180: [...within("1h", 0.1), ...within("6h", 590 / 17_900)], 240: [] },
	},
	{
		alert: "ApiFailing",
		severity: "warning",
		outside: true,
		step: 30,
		when: "four answers of a thousand are failures for two days, and then none",
		series: [
			[answers, { ...jobs, status: "200" }, `0+996x${2 * perDay} ${996 * 2 * perDay}+1000x${perDay}`],
			[answers, { ...jobs, status: "502" }, `0+4x${2 * perDay} ${4 * 2 * perDay}x${perDay}`],
		],
		expected: { [2 * day]: [...within("1d", 0.004), ...within("3d", 0.004)], [2 * day + 8 * hour]: [] },
	},
];
