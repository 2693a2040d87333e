import type { Dashboard, Panel } from "./dashboards.ts";

const PROMETHEUS = { type: "prometheus", uid: "prometheus" };
const LOKI = { type: "loki", uid: "loki" };
const COLUMNS = 24;

/** A dashboard as Grafana provisions it. */
export function grafanaJson(dashboard: Dashboard): string {
  const { uid, title, byPipeline = false, panels } = dashboard;
  const document = {
    uid,
    title,
    tags: ["millrace"],
    editable: false,
    schemaVersion: 39,
    version: 1,
    refresh: "30s",
    time: { from: "now-6h", to: "now" },
    timezone: "",
    links: [{ type: "dashboards", tags: ["millrace"], title: "Millrace", asDropdown: true, keepTime: true }],
    templating: { list: byPipeline ? [PIPELINES] : [] },
    panels: placed(panels),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

const PIPELINES = {
  name: "pipeline",
  label: "Pipeline",
  type: "query",
  datasource: PROMETHEUS,
  query: "label_values(millrace_runs_finished_total, pipeline)",
  refresh: 2,
  sort: 1,
  multi: true,
  includeAll: true,
  allValue: ".*",
  current: { text: "All", value: "$__all" },
};

/** From left to right, line by line. */
function placed(panels: readonly Panel[]): object[] {
  let x = 0;
  let y = 0;
  let high = 0;
  return panels.map((panel, index) => {
    const { w, h } = sizeOf(panel);
    if (x + w > COLUMNS) {
      x = 0;
      y += high;
      high = 0;
    }
    const gridPos = { x, y, w, h };
    x += w;
    high = Math.max(high, h);
    return { id: index + 1, gridPos, ...panelJson(panel) };
  });
}

function sizeOf({ kind = "timeseries" }: Panel): { w: number; h: number } {
  if (kind === "stat") return { w: 6, h: 4 };
  return kind === "logs" ? { w: COLUMNS, h: 10 } : { w: 8, h: 8 };
}

function panelJson({ title, queries, unit = "short", kind = "timeseries" }: Panel): object {
  const datasource = kind === "logs" ? LOKI : PROMETHEUS;
  return {
    title,
    type: kind,
    datasource,
    targets: queries.map(([expr, legendFormat], index) => ({
      refId: String.fromCodePoint(65 + index),
      datasource,
      expr,
      ...(kind === "logs" ? {} : { legendFormat }),
    })),
    fieldConfig: { defaults: { unit, ...(kind === "timeseries" ? { min: 0 } : {}) }, overrides: [] },
    ...(kind === "logs" ? { options: { showTime: true, wrapLogMessage: true } } : {}),
  };
}
