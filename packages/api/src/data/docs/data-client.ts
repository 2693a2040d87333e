import type { Grant } from "../exposure/grant.ts";
import type { ShapeColumn } from "../schema/table-shape.ts";
import { CLIENT_RUNTIME } from "./client-runtime.ts";

/** The TypeScript source of a client for what a role can read: one file that needs nothing but `fetch`. */
export function dataClientSource(grants: readonly Grant[]): string {
  const tables = grants.map(({ exposure, columns }) => {
    const fields = [...columns.values()].map(
      (column) => `    ${JSON.stringify(column.name)}: ${typeOf(column)};`,
    );
    return `  ${JSON.stringify(exposure.name)}: {\n${fields.join("\n")}\n  };`;
  });
  return `// Made by \`millrace data client\`: do not edit, make it again when the tables change.

/** The tables with their columns. */
export interface Tables {
${tables.join("\n")}
}

${CLIENT_RUNTIME}`;
}

const TYPES: Readonly<Record<string, string>> = {
  boolean: "boolean",
  smallint: "number",
  integer: "number",
  bigint: "number | string",
  numeric: "number | string",
  real: "number | string",
  double: "number | string",
  json: "unknown",
};

function typeOf({ kind, array, nullable }: ShapeColumn): string {
  const one = TYPES[kind] ?? "string";
  const type = array ? `(${one} | null)[]` : one;
  return nullable && type !== "unknown" ? `${type} | null` : type;
}
