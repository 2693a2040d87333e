const BARS = "▁▂▃▄▅▆▇█";

/** Numbers as a line of bars, the least as the lowest, one character each; a point where there is none. */
export function sparkline(values: readonly (number | null)[]): string {
  const known = values.filter((value) => value !== null);
  const low = Math.min(...known);
  const span = Math.max(...known) - low;
  return values
    .map((value) => {
      if (value === null) return "·";
      const height = span === 0 ? 0 : Math.round(((value - low) / span) * (BARS.length - 1));
      return BARS[height] ?? "▁";
    })
    .join("");
}
