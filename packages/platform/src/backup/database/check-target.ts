import { MillraceError } from "@millrace/core";
import type pg from "pg";
import { readTables } from "./read-catalogue.ts";
import { readSchemas } from "./save-destination.ts";
import { CONTROL_SCHEMA } from "./load-control.ts";

/** The databases that a backup goes into. */
export type TargetPart = "control" | "destination";

/** Refuses, with MLR_RESTORE_REFUSED, a place that others use, or that holds something unless `replace`. */
export async function checkTarget(client: pg.Client, part: TargetPart, replace: boolean): Promise<void> {
  await refuseUsed(client);
  if (replace) return;
  const filled = part === "control" ? await filledControl(client) : await destinationTables(client);
  const [first] = filled;
  if (first === undefined) return;
  const where = part === "control" ? "The control database" : "The destination";
  throw new MillraceError("MLR_RESTORE_REFUSED", `${where} is not empty: ${describe(first, filled.length)}`, {
    hint: "Restore into another database, or say --replace: then what is there is deleted. Make a backup of it before.",
    details: { tables: filled.slice(0, 20) },
  });
}

/** What runs would go on writing what is not theirs any more. */
async function refuseUsed(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ name: string; count: number }>(
    `SELECT application_name AS name, count(*)::integer AS count FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name LIKE 'millrace%'
       AND application_name NOT IN ('millrace restore', 'millrace backup')
     GROUP BY 1 ORDER BY 2 DESC`,
  );
  if (rows.length === 0) return;
  throw new MillraceError(
    "MLR_RESTORE_REFUSED",
    `The database is in use: ${rows.map(({ name, count }) => `${name} (${count})`).join(", ")}`,
    { hint: "Stop millrace up, workers, schedulers and ingest services, and try again." },
  );
}

async function filledControl(client: pg.Client): Promise<string[]> {
  const filled: string[] = [];
  for (const { schema, name } of await readTables(client, [CONTROL_SCHEMA])) {
    if (name === "schema_migrations") continue;
    const quoted = `${client.escapeIdentifier(schema)}.${client.escapeIdentifier(name)}`;
    const { rowCount } = await client.query(`SELECT FROM ${quoted} LIMIT 1`);
    if (rowCount !== 0) filled.push(name);
  }
  return filled;
}

async function destinationTables(client: pg.Client): Promise<string[]> {
  const tables = await readTables(client, await readSchemas(client));
  return tables.map(({ schema, name }) => `${schema}.${name}`);
}

function describe(first: string, count: number): string {
  return count === 1 ? `it has rows in ${first}` : `it has rows in ${first} and ${count - 1} other tables`;
}
