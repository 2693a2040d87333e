/** How bad something is, from the least to the worst. */
export const SEVERITIES = ["info", "warning", "error", "critical"] as const;

/** One of `info`, `warning`, `error`, `critical`. */
export type Severity = (typeof SEVERITIES)[number];

/** True where `severity` is as bad as `least`, or worse. */
export function isAtLeast(severity: Severity, least: Severity): boolean {
  return SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(least);
}

/** The worst of them; `info` where there is none. */
export function worst(severities: readonly Severity[]): Severity {
  return SEVERITIES.findLast((severity) => severities.includes(severity)) ?? "info";
}
