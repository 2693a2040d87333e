/** What a server tells of its limit: how many requests are left, and when there are more again. */
export interface LearnedLimit {
  readonly remaining: number;
  /** Milliseconds from now; undefined where it is not told. */
  readonly resetMs: number | undefined;
}

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Names that are in use besides the drafts of the standard. */
const NAMES = ["ratelimit-", "x-ratelimit-", "x-rate-limit-", "x-app-rate-limit-"].map((prefix) => ({
  remaining: `${prefix}remaining`,
  after: `${prefix}reset-after`,
  reset: `${prefix}reset`,
}));

/**
 * Reads `RateLimit` (the draft's structured form), `RateLimit-Remaining` / `-Reset` (earlier drafts) and the many
 * `X-RateLimit-…`. Where several limits are told, the one with the fewest requests left counts.
 * @param nowMs the time since 1970 that absolute times are compared with
 */
export function learnLimit(headers: Headers, nowMs: number): LearnedLimit | undefined {
  const found = [...structured(one(headers["ratelimit"])), ...plain(headers, nowMs)];
  if (found.length < 2) return found[0];
  return found.toSorted((a, b) => a.remaining - b.remaining || (b.resetMs ?? 0) - (a.resetMs ?? 0))[0];
}

/** `"default";r=50;t=30, "daily";r=900;t=3600`, and `limit=100, remaining=50, reset=30`. */
function structured(value: string | undefined): LearnedLimit[] {
  if (value === undefined) return [];
  if (/\bremaining\s*=/.test(value)) {
    const remaining = numberAfter(value, "remaining");
    const seconds = numberAfter(value, "reset");
    return remaining === undefined ? [] : [limit(remaining, seconds)];
  }
  return value.split(",").flatMap((item) => {
    const remaining = numberAfter(item, "r");
    return remaining === undefined ? [] : [limit(remaining, numberAfter(item, "t"))];
  });
}

function plain(headers: Headers, nowMs: number): LearnedLimit[] {
  const found: LearnedLimit[] = [];
  for (const { remaining: name, after: afterName, reset } of NAMES) {
    const told = headers[name];
    if (told === undefined) continue;
    const remaining = Number.parseFloat(one(told) ?? "");
    if (!Number.isFinite(remaining)) continue;
    const after = Number.parseFloat(one(headers[afterName]) ?? "");
    const resetMs = Number.isFinite(after) ? after * 1_000 : untilMs(one(headers[reset]), nowMs);
    found.push({ remaining, resetMs });
  }
  return found;
}

/** Seconds from now, seconds or milliseconds since 1970, or a date: servers do as they like. */
function untilMs(value: string | undefined, nowMs: number): number | undefined {
  if (value === undefined || value.trim() === "") return undefined;
  const number = Number(value);
  if (!Number.isFinite(number)) {
    const date = Date.parse(value);
    return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
  }
  if (number > 100_000_000_000) return Math.max(0, number - nowMs);
  if (number > 1_000_000_000) return Math.max(0, number * 1_000 - nowMs);
  return Math.max(0, number * 1_000);
}

function numberAfter(text: string, name: string): number | undefined {
  const match = new RegExp(`(?:^|[;,\\s])${name}\\s*=\\s*(\\d+(?:\\.\\d+)?)`).exec(text);
  return match === null ? undefined : Number(match[1]);
}

function limit(remaining: number, seconds: number | undefined): LearnedLimit {
  return { remaining, resetMs: seconds === undefined ? undefined : seconds * 1_000 };
}

function one(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === "string" ? value : value?.[0];
}
