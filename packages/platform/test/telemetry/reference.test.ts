import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { METRICS, type MetricSpec } from "../../src/telemetry/metrics/index.ts";
import { ATTRIBUTES, SPAN_EVENTS, SPANS, type SpanSpec } from "../../src/telemetry/trace/index.ts";

const page = await readFile(new URL("../../../../docs/reference/metrics.md", import.meta.url), "utf8");

/** The rows of the tables whose first column has this heading, as cells. */
function rowsUnder(heading: string): string[][] {
  const found: string[][] = [];
  let inside = false;
  for (const line of page.split("\n")) {
    const cells = line.startsWith("|")
      ? line
          .slice(1, -1)
          .split("|")
          .map((cell) => cell.trim())
      : [];
    if (cells.length === 0) inside = false;
    else if (cells[0] === heading) inside = true;
    else if (inside && !/^-+$/.test(cells[0] ?? "")) found.push(cells);
  }
  return found;
}

const code = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(", ");

test("the page lists every metric with its type, unit, labels and meaning, and no other", () => {
  const wanted = Object.entries(METRICS).map(([name, { type, unit, labels, help }]: [string, MetricSpec]) => [
    `\`${name}\``,
    type,
    unit === "" ? "–" : unit,
    code(labels) || "–",
    help,
  ]);
  const byName = (rows: string[][]): string[][] => rows.toSorted(([a = ""], [b = ""]) => a.localeCompare(b));
  expect(byName(rowsUnder("name"))).toEqual(byName(wanted));
});

test("the page lists every span with its place, meaning and attributes, and no other", () => {
  const wanted = Object.entries(SPANS).map(([name, spec]: [string, SpanSpec]) => {
    const own = spec.attributes.filter((each) => !each.startsWith("millrace.merged."));
    return [
      `\`${name}\``,
      spec.title === name ? "" : spec.title,
      spec.kind,
      spec.under === "" ? "–" : `\`${spec.under}\``,
      spec.meaning,
      code(own) + (own.length < spec.attributes.length ? ", _merged_" : ""),
    ];
  });
  expect(rowsUnder("span")).toEqual(wanted);
});

test("the page lists every attribute and event, and no other", () => {
  expect(rowsUnder("attribute")).toEqual(
    Object.entries(ATTRIBUTES).map(([name, { type, meaning }]) => [`\`${name}\``, type, meaning]),
  );
  expect(rowsUnder("event")).toEqual(
    Object.entries(SPAN_EVENTS).map(([name, { on, meaning, attributes }]) => [
      `\`${name}\``,
      on,
      meaning,
      code(attributes),
    ]),
  );
});

test("every attribute belongs to a span", () => {
  const used = new Set(Object.values(SPANS).flatMap(({ attributes }) => attributes as readonly string[]));
  expect(Object.keys(ATTRIBUTES).filter((name) => !used.has(name))).toEqual([]);
});
