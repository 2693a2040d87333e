/** Milliseconds of each unit, by the words that may stand for it. */
const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  millisecond: 1,
  s: 1_000,
  sec: 1_000,
  second: 1_000,
  m: 60_000,
  min: 60_000,
  minute: 60_000,
  h: 3_600_000,
  hr: 3_600_000,
  hour: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
  w: 604_800_000,
  week: 604_800_000,
};

const PART = /(\d+(?:\.\d+)?)\s*([a-z]+)[\s,]*/giy;

/** Whole milliseconds of `"5 minutes"`, `"30s"`, `"1h 30m"`, `"hour"` (one); undefined for any other text. */
export function durationOf(text: string): number | undefined {
  const trimmed = text.trim();
  const single = unitOf(trimmed);
  if (single !== undefined) return single;
  let total = 0;
  PART.lastIndex = 0;
  while (PART.lastIndex < trimmed.length) {
    const match = PART.exec(trimmed);
    const unit = unitOf(match?.[2] ?? "");
    if (match === null || unit === undefined) return undefined;
    total += Number(match[1]) * unit;
  }
  return trimmed !== "" && Number.isSafeInteger(total) ? total : undefined;
}

function unitOf(word: string): number | undefined {
  const name = word.toLowerCase();
  const known = (key: string): number | undefined => (Object.hasOwn(UNITS, key) ? UNITS[key] : undefined);
  return known(name) ?? (name.endsWith("s") ? known(name.slice(0, -1)) : undefined);
}

const NAMES: readonly (readonly [name: string, ms: number])[] = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1_000],
  ["millisecond", 1],
];

/** A duration for people: `5 minutes`, `1 hour 30 minutes`, `7 days`. */
export function durationText(ms: number): string {
  const parts: string[] = [];
  let rest = ms;
  for (const [name, unit] of NAMES) {
    const count = Math.floor(rest / unit);
    if (count > 0) parts.push(`${count} ${name}${count === 1 ? "" : "s"}`);
    rest -= count * unit;
  }
  return parts.length === 0 ? "0 seconds" : parts.join(" ");
}
