const PART_CHARS = 20_000;

/**
 * A long text in parts that end at a line, a sentence or at least a space, so that the work on one is short and its memory
 * bounded.
 */
export function* partsOf(text: string): Generator<{ readonly part: string; readonly at: number }> {
  for (let at = 0; at < text.length;) {
    const end = at + PART_CHARS >= text.length ? text.length : breakBefore(text, at);
    yield { part: text.slice(at, end), at };
    at = end;
  }
}

function breakBefore(text: string, at: number): number {
  const limit = at + PART_CHARS;
  for (const mark of ["\n", ". ", " "]) {
    const found = text.lastIndexOf(mark, limit);
    if (found > at + PART_CHARS / 2) return found + mark.length;
  }
  return limit;
}
