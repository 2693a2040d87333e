import { DASHBOARDS } from "../monitoring/dashboards.ts";
import { grafanaJson } from "../monitoring/grafana-json.ts";
import { alertRules, recordingRules } from "../monitoring/rule-files.ts";
import type { GeneratedFile } from "./generated-file.ts";

/** Rules for Prometheus and dashboards for Grafana, from scripts/monitoring. */
export const monitoringFiles: readonly GeneratedFile[] = [
  { path: "deploy/monitoring/prometheus/recording.rules.yaml", generate: async () => recordingRules() },
  { path: "deploy/monitoring/prometheus/alerts.rules.yaml", generate: async () => alertRules() },
  ...DASHBOARDS.map((dashboard) => ({
    path: `deploy/monitoring/grafana/${dashboard.uid}.json`,
    generate: async () => grafanaJson(dashboard),
  })),
];
