const FULL = new Intl.NumberFormat("en-US", { maximumFractionDigits: 2 });
const SHORT = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });
const SHARE = new Intl.NumberFormat("en-US", { style: "percent", maximumFractionDigits: 1 });

/** A number with separators: `1,234,567`. */
export function formatCount(count: number | bigint): string {
  return FULL.format(count);
}

/** A number where there is little room: `1.2M`; below 10,000 in full. */
export function formatShortCount(count: number): string {
  return Math.abs(count) < 10_000 ? FULL.format(count) : SHORT.format(count);
}

/** A share of one: `12.5%`. */
export function formatShare(share: number): string {
  return Number.isFinite(share) ? SHARE.format(share) : "–";
}

/** A count with its noun: `1 run`, `2,000 runs`. */
export function formatNumberOf(count: number, one: string, many = `${one}s`): string {
  return `${FULL.format(count)} ${count === 1 ? one : many}`;
}
