/** A line of a log, as far as its order and its filters need. */
export interface Line {
  readonly id: string;
  readonly position: number;
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>> | null;
}

const LEVELS = ["trace", "debug", "info", "warn", "error", "fatal"];
/** Lines that a page keeps: behind them the oldest are let go. */
const KEPT = 50_000;

/** Joins lines that came by different ways: in their order, each once. Gives `lines` itself where nothing is new. */
export function joinLines<L extends Line>(lines: readonly L[], more: readonly L[]): readonly L[] {
  const known = new Set(lines.slice(-2_000).map((line) => line.id));
  const first = lines[0]?.position ?? Number.POSITIVE_INFINITY;
  const fresh = more.filter((line) => !known.has(line.id));
  if (fresh.length === 0) return lines;
  const earlier = fresh.filter((line) => line.position < first);
  const later = fresh.filter((line) => line.position >= first);
  const joined = [...earlier, ...lines, ...later];
  const last = lines.at(-1)?.position ?? Number.NEGATIVE_INFINITY;
  if (earlier.length > 1 || later.length > 1 || later.some((line) => line.position < last))
    joined.sort((a, b) => a.position - b.position);
  return joined.length > KEPT ? joined.slice(-KEPT) : joined;
}

/** Whether a line that comes live belongs to what is shown: the same rules as the API's own. */
export function matchesFilter(
  line: Line,
  filter: { readonly level?: string | undefined; readonly search?: string | undefined },
): boolean {
  if (filter.level !== undefined && LEVELS.indexOf(line.level) < LEVELS.indexOf(filter.level)) return false;
  if (filter.search === undefined || filter.search === "") return true;
  const wanted = filter.search.toLowerCase();
  if (line.message.toLowerCase().includes(wanted)) return true;
  return line.fields !== null && JSON.stringify(line.fields).toLowerCase().includes(wanted);
}
