/** Patterns that are counted; beyond it the oldest are forgotten. */
const CAPACITY = 20_000;

/** Finds addresses that differ in numbers and values alone and lead nowhere: calendars, sessions, filters without end. */
export class BarrenPatterns {
  readonly #max: number;
  readonly #barren = new Map<string, number>();
  readonly #stopped = new Map<string, number>();

  /** @param max pages in a row without rows or links of another kind. */
  constructor(max: number) {
    this.#max = max;
  }

  /** Patterns that are not visited any more, with the number of pages that were left out. */
  get stopped(): ReadonlyMap<string, number> {
    return this.#stopped;
  }

  /** Whether pages of such an address are still visited. */
  allows(url: string): boolean {
    const pattern = patternOf(url);
    const skipped = this.#stopped.get(pattern);
    if (skipped === undefined) return true;
    this.#stopped.set(pattern, skipped + 1);
    return false;
  }

  /** Returns the pattern where this page was the one too many. */
  visited(url: string, links: Iterable<string>, hasRows: boolean): string | undefined {
    const pattern = patternOf(url);
    const before = this.#barren.get(pattern) ?? 0;
    this.#barren.delete(pattern);
    if (hasRows || leadsElsewhere(pattern, links)) {
      this.#barren.set(pattern, 0);
      return undefined;
    }
    this.#barren.set(pattern, before + 1);
    if (this.#barren.size > CAPACITY) {
      const [oldest] = this.#barren.keys();
      if (oldest !== undefined) this.#barren.delete(oldest);
    }
    if (before + 1 < this.#max || this.#stopped.has(pattern)) return undefined;
    this.#stopped.set(pattern, 0);
    return pattern;
  }
}

function leadsElsewhere(pattern: string, links: Iterable<string>): boolean {
  for (const link of links) if (patternOf(link) !== pattern) return true;
  return false;
}

/** Numbers are all the same, and so are values of the query and folders that look like keys. */
export function patternOf(url: string): string {
  const [address = "", query = ""] = url.split("?", 2);
  const path = address
    .replaceAll(/(?<=\/)[\w-]{16,}(?=\/|$)/g, (folder) => (/\d/.test(folder) ? "*" : folder))
    .replaceAll(/\d+/g, "#");
  if (query === "") return path;
  const names = query.split("&").map((part) => part.split("=", 1)[0] ?? "");
  return `${path}?${[...new Set(names)].toSorted().join("&")}`;
}
