import type { ValueKind } from "./alert.ts";

/** For a value, in the language of Prometheus's annotations; `shown` says the same of one that is known. */
export const valueTemplates: Readonly<Record<ValueKind, string>> = {
	share: "{{ $value | humanizePercentage }}",
	seconds: "{{ $value | humanizeDuration }}",
	count: '{{ $value | printf "%.0f" }}',
};

export function shown(kind: ValueKind, value: number): string {
	if (kind === "share") return `${Number((value * 100).toPrecision(4))}%`;
	return kind === "count" ? String(Math.round(value)) : duration(value);
}

/** As Prometheus writes it, which knows no months; of less than a minute to four digits. */
function duration(seconds: number): string {
	if (Math.abs(seconds) < 60) return `${Number(seconds.toPrecision(4))}s`;
	const sign = seconds < 0 ? "-" : "";
	const whole = Math.floor(Math.abs(seconds));
	const [days, hours, minutes] = [
		Math.floor(whole / 86_400),
		Math.floor(whole / 3600) % 24,
		Math.floor(whole / 60) % 60,
	];
	const parts = [`${minutes}m`, `${whole % 60}s`];
	if (days > 0 || hours > 0) parts.unshift(`${hours}h`);
	if (days > 0) parts.unshift(`${days}d`);
	return sign + parts.join(" ");
}
