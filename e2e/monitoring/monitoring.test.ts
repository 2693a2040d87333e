import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { METRICS, type MetricSpec } from "../../packages/platform/src/telemetry/metrics/index.ts";
import { ALERTS, runbookOf } from "../../scripts/monitoring/alerts.ts";
import { DASHBOARDS } from "../../scripts/monitoring/dashboards.ts";
import { RECORDING_RULES } from "../../scripts/monitoring/recording-rules.ts";

const RUNBOOKS = path.resolve(import.meta.dirname, "../../docs/runbooks");
/** Labels that Prometheus itself adds, and that of histograms' buckets. */
const GIVEN = new Set(["instance", "job", "le"]);

const panels = DASHBOARDS.flatMap(({ title, panels: all }) =>
  all
    .filter(({ kind }) => kind !== "logs")
    .flatMap((panel) => panel.queries.map(([expr]) => ({ where: `${title}: ${panel.title}`, expr }))),
);
const rules = [
  ...ALERTS.map(({ name, expr }) => ({ where: name, expr })),
  ...RECORDING_RULES.map(({ record, expr }) => ({ where: record, expr })),
];

function metricOf(name: string): MetricSpec | undefined {
  const specs: Readonly<Record<string, MetricSpec>> = METRICS;
  const base = name.replace(/_(bucket|sum|count)$/, "");
  return specs[name] ?? (specs[base]?.type === "histogram" ? specs[base] : undefined);
}

/** What `name` may be told apart by; undefined where there is no such metric or recorded name. */
function labelsOf(name: string): readonly string[] | undefined {
  const rule = RECORDING_RULES.find(({ record }) => record === name);
  if (rule === undefined) return metricOf(name)?.labels;
  return (/by \(([^)]*)\)/.exec(rule.expr)?.[1] ?? "").split(/,\s*/);
}

/** Every metric, recorded name and label of an expression that does not exist. */
function unknown(expr: string): string[] {
  const names = [...expr.matchAll(/\b(?:millrace|process|nodejs)[_:][\w:]+/g)].map(([name]) => name);
  const labels = new Set([...GIVEN, ...names.flatMap((name) => labelsOf(name) ?? [])]);
  const grouped = [...expr.matchAll(/(?:by|on) \(([^)]*)\)/g)].flatMap(([, list = ""]) => list.split(/,\s*/));
  const chosen = [...expr.matchAll(/(\w+)(?:=~|!=|!~|=)"/g)].map(([, label = ""]) => label);
  return [
    ...names.filter((name) => labelsOf(name) === undefined),
    ...[...grouped, ...chosen].filter((label) => !labels.has(label)),
  ];
}

test("a mistyped metric or label would be found", () => {
  expect(unknown('sum by (pipelin) (rate(millrace_run_total{stat="x"}[5m]))')).toEqual([
    "millrace_run_total",
    "pipelin",
    "stat",
  ]);
});

test.each([...rules, ...panels])("$where asks for metrics and labels that exist", ({ expr }) => {
  expect(expr).toMatch(/(millrace|process|nodejs|up)/);
  expect(unknown(expr)).toEqual([]);
});

test("each metric of processes is drawn or watched somewhere", () => {
  const all = [...rules, ...panels].map(({ expr }) => expr).join("\n");
  const unseen = Object.keys(METRICS).filter((name) => !all.includes(name));
  expect(unseen).toEqual(["millrace_runs_started_total"]);
});

test("each alert has a page that tells what to do, and each page an alert", async () => {
  const wanted = ALERTS.map(({ name }) => `${runbookOf(name)}.md`);
  const pages = (await readdir(RUNBOOKS)).filter((name) => name !== "README.md");
  expect(pages.toSorted()).toEqual(wanted.toSorted());
  const list = await readFile(path.join(RUNBOOKS, "README.md"), "utf8");
  for (const { name } of ALERTS) {
    const page = await readFile(path.join(RUNBOOKS, `${runbookOf(name)}.md`), "utf8");
    expect(page).toMatch(new RegExp(`^# ${name}\\n`));
    expect(page).toContain("## What to do");
    expect(list).toContain(`[${name}](${runbookOf(name)}.md)`);
  }
});
