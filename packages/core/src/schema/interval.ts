/** A span of time as PostgreSQL keeps it: the three parts do not add up to each other. */
export interface Interval {
  readonly months: number;
  readonly days: number;
  readonly micros: bigint;
}

const INT32 = 2_147_483_647;
const INT64 = 9_223_372_036_854_775_807n;

const ISO =
  /^(-?)P(?:([+-]?\d+)Y)?(?:([+-]?\d+)M)?(?:([+-]?\d+)W)?(?:([+-]?\d+)D)?(?:T(?:([+-]?\d+(?:[.,]\d+)?)H)?(?:([+-]?\d+(?:[.,]\d+)?)M)?(?:([+-]?\d+(?:[.,]\d+)?)S)?)?$/i;
/** PostgreSQL's own style, such as `1 year -2 mons +3 days -04:05:06.5`. */
const POSTGRES =
  /^(?:([+-]?\d+) years?)? ?(?:([+-]?\d+) mons?)? ?(?:([+-]?\d+) days?)? ?(?:([+-]?)(\d{2,}):(\d\d):(\d\d(?:\.\d+)?))?$/;

/** Reads an ISO 8601 duration (`P1Y2M3DT4H5M6.5S`, signs on each part allowed) or PostgreSQL's style; undefined for anything else. */
export function parseInterval(text: string): Interval | undefined {
  const iso = ISO.exec(text);
  if (iso !== null) return /[PT]$/i.test(text) ? undefined : fromIso(iso);
  const parts = /\d/.test(text) ? POSTGRES.exec(text) : null;
  if (parts === null) return undefined;
  const sign = parts[4] === "-" ? -1n : 1n;
  const time = clock(parts[5], 3600n) + clock(parts[6], 60n) + clock(parts[7], 1n);
  return checked(int(parts[1]) * 12 + int(parts[2]), int(parts[3]), sign * time);
}

function fromIso(parts: RegExpExecArray): Interval | undefined {
  const sign = parts[1] === "-" ? -1 : 1;
  const micros = clock(parts[6], 3600n) + clock(parts[7], 60n) + clock(parts[8], 1n);
  return checked(
    sign * (int(parts[2]) * 12 + int(parts[3])),
    sign * (int(parts[4]) * 7 + int(parts[5])),
    BigInt(sign) * micros,
  );
}

function checked(months: number, days: number, micros: bigint): Interval | undefined {
  if (Math.abs(months) > INT32 || Math.abs(days) > INT32 || micros > INT64 || micros < -INT64)
    return undefined;
  // Adding 0 turns -0 into 0.
  return { months: months + 0, days: days + 0, micros };
}

function int(text: string | undefined): number {
  return text === undefined ? 0 : Number(text);
}

/** Microseconds of a number of units of `seconds` each; digits beyond the microsecond are cut. */
function clock(text: string | undefined, seconds: bigint): bigint {
  if (text === undefined) return 0n;
  const [integer = "0", fraction = ""] = text.replace(/^[+-]/, "").replace(",", ".").split(".");
  const scaled = BigInt(integer + fraction) * seconds * 1_000_000n;
  const micros = scaled / 10n ** BigInt(fraction.length);
  return text.startsWith("-") ? -micros : micros;
}

/** The one canonical text: `P14M3DT12.5S`, parts that are zero left out, `PT0S` for nothing at all. */
export function formatInterval(interval: Interval): string {
  const date = part(interval.months, "M") + part(interval.days, "D");
  if (interval.micros === 0n) return date === "" ? "PT0S" : `P${date}`;
  const positive = interval.micros < 0n ? -interval.micros : interval.micros;
  const fraction = (positive % 1_000_000n).toString().padStart(6, "0").replace(/0+$/, "");
  const seconds = `${interval.micros < 0n ? "-" : ""}${positive / 1_000_000n}${fraction === "" ? "" : `.${fraction}`}`;
  return `P${date}T${seconds}S`;
}

function part(value: number, unit: string): string {
  return value === 0 ? "" : `${value}${unit}`;
}
