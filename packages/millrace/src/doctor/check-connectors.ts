import { type Check, failed } from "./check.ts";

/** Connector → the import that loads it with all that it needs. */
const CONNECTORS: Readonly<Record<string, () => Promise<unknown>>> = {
  csv: () => import("@millrace/connectors/csv"),
  json: () => import("@millrace/connectors/json"),
  jsonl: () => import("@millrace/connectors/jsonl"),
  parquet: () => import("@millrace/connectors/parquet"),
  excel: () => import("@millrace/connectors/excel"),
  postgres: () => import("@millrace/connectors/postgres"),
};

/** Whether every connector and its driver can be loaded. */
export async function checkConnectors(): Promise<readonly Check[]> {
  const names = Object.keys(CONNECTORS);
  const outcomes = await Promise.allSettled(Object.values(CONNECTORS).map((load) => load()));
  const bad = outcomes.flatMap((outcome, index) =>
    outcome.status === "rejected" ? [failed(`connector ${names[index]}`, outcome.reason)] : [],
  );
  if (bad.length > 0) return bad;
  return [{ name: "connectors", status: "ok", message: `${names.join(", ")} can be loaded` }];
}
