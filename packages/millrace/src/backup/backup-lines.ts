import type { Manifest } from "@millrace/platform/backup";
import { formatBytes, formatMany } from "../output/numbers.ts";

/** What a backup holds, for people: a line each. */
export function manifestLines(manifest: Manifest): string[] {
  const { control, destination, files, storage, variables } = manifest;
  return [
    `  control database   ${tablesText(control.tables)}, as of ${control.consistentAt}`,
    ...(destination === null
      ? []
      : [`  destination        ${tablesText(destination.tables)}, as of ${destination.consistentAt}`]),
    ...(destination?.left ?? []).map((what) => `  not in it          ${what}`),
    `  files              ${files.map(({ path }) => path).join(", ") || "none"}`,
    `  data folder        the list of ${formatMany(storage.files, "file")} (${formatBytes(storage.bytes)}), not their content`,
    ...(variables.length === 0 ? [] : [`  not in it          values of ${variables.join(", ")}`]),
  ];
}

/** A manifest for programs: without the list of parts and the statements. */
export function manifestDocument({ parts, control, destination, ...rest }: Manifest): object {
  const brief = (database: NonNullable<Manifest["destination"]> | Manifest["control"]): object => ({
    consistentAt: database.consistentAt,
    snapshot: database.snapshot,
    server: database.server,
    tables: database.tables.map(({ schema, name, rows, digest }) => ({ schema, name, rows, digest })),
  });
  return {
    ...rest,
    parts: parts.length,
    control: { ...brief(control), migrations: control.migrations.length },
    destination: destination === null ? null : { ...brief(destination), left: destination.left },
  };
}

function tablesText(tables: Manifest["control"]["tables"]): string {
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  return `${formatMany(tables.length, "table")} with ${formatMany(rows, "row")}`;
}
