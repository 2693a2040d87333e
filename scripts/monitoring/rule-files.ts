import { ALERTS, runbookOf } from "./alerts.ts";
import { RECORDING_RULES } from "./recording-rules.ts";

const HEAD = "# Made from scripts/monitoring by `npm run generate`; do not edit.\n";

/** The file of recording rules, for Prometheus. */
export function recordingRules(): string {
  const rules = RECORDING_RULES.map(
    ({ record, expr }) => `      - record: ${record}\n        expr: ${JSON.stringify(expr)}\n`,
  );
  return `${HEAD}groups:\n  - name: millrace-recording\n    rules:\n${rules.join("")}`;
}

/** The file of alerts, for Prometheus. */
export function alertRules(): string {
  const rules = ALERTS.map(
    ({ name, severity, expr, holds, summary }) =>
      `      - alert: ${name}
        expr: ${JSON.stringify(expr.replaceAll("\n", " "))}
        for: ${holds}
        labels:
          severity: ${severity}
        annotations:
          summary: ${JSON.stringify(summary)}
          runbook: ${runbookPath(name)}
`,
  );
  return `${HEAD}groups:\n  - name: millrace\n    rules:\n${rules.join("")}`;
}

/** The page of an alert, for whoever is woken by it. */
function runbookPath(alert: string): string {
  return `docs/runbooks/${runbookOf(alert)}.md`;
}

/** A test of promtool for every alert: JSON, which is YAML as well. @param rules path of the file of alerts */
export function alertTests(rules: string): string {
  const tests = ALERTS.map(({ name, severity, example }) => ({
    name,
    interval: "1m",
    input_series: Object.entries(example.series).map(([series, values]) => ({ series, values })),
    alert_rule_test: [
      {
        eval_time: example.at,
        alertname: name,
        exp_alerts: [
          {
            exp_labels: { severity, ...example.labels },
            exp_annotations: { summary: example.says, runbook: runbookPath(name) },
          },
        ],
      },
      // Hours later, without any series, it is over; that nobody keeps the schedules is not.
      ...(name === "MillraceNoScheduler" ? [] : [{ eval_time: "2h", alertname: name, exp_alerts: [] }]),
    ],
  }));
  return JSON.stringify({ rule_files: [rules], evaluation_interval: "1m", tests }, null, 1);
}
