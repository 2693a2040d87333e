import { MillraceError } from "../errors.ts";
import type { Database } from "./database.ts";
import type { TableDesign } from "./define-table.ts";
import { planTable } from "./plan-table.ts";

/**
 * Creates tables that do not exist yet, those first that others refer to. A table that exists stays as it is. Fails with
 * MLR_SCHEMA_MISMATCH where it lacks columns, MLR_SCHEMA_INVALID where tables refer to each other in a circle,
 * MLR_DATABASE_UNSUPPORTED where the database has no such thing, or as the statements fail.
 */
export async function createTables(database: Database, designs: readonly TableDesign[]): Promise<void> {
  const { dialect } = database;
  if (dialect === undefined) {
    throw new MillraceError(
      "MLR_DATABASE_UNSUPPORTED",
      `${database.kind} cannot create tables by definition`,
      {
        hint: "Create them with statements of its own: await database.execute(…).",
      },
    );
  }
  for (const design of inOrder(designs)) {
    const table = await database.describe?.(design.name, design.namespace);
    if (table === undefined)
      for (const statement of dialect.createTable(planTable(design, dialect)))
        await database.execute(statement);
    else refuseMissing(design, new Set(table.columns.map(({ name }) => name)));
  }
}

function refuseMissing(design: TableDesign, present: ReadonlySet<string>): void {
  const missing = design.columns.filter(({ name }) => !present.has(name)).map(({ name }) => `"${name}"`);
  if (missing.length === 0) return;
  throw new MillraceError(
    "MLR_SCHEMA_MISMATCH",
    `table "${design.name}" exists without ${missing.length === 1 ? "column" : "columns"} ${missing.join(", ")}`,
    {
      hint: "createTables() changes no table that exists: add what is missing with ALTER TABLE or a migration.",
    },
  );
}

/** Tables behind those that they refer to; the order given stays otherwise. */
function inOrder(designs: readonly TableDesign[]): TableDesign[] {
  const ordered: TableDesign[] = [];
  const under: TableDesign[] = [];
  const visit = (design: TableDesign): void => {
    if (ordered.includes(design)) return;
    if (under.includes(design)) {
      const circle = [...under.slice(under.indexOf(design)), design].map(({ name }) => name).join(" → ");
      throw new MillraceError("MLR_SCHEMA_INVALID", `tables refer to each other in a circle: ${circle}`, {
        hint: "Leave one reference out, and add it with ALTER TABLE once the tables exist.",
      });
    }
    under.push(design);
    for (const { references } of design.foreignKeys) {
      const other = designs.find((each) => isSame(each, references));
      if (other !== undefined && other !== design) visit(other);
    }
    under.pop();
    ordered.push(design);
  };
  for (const design of designs) visit(design);
  return ordered;
}

function isSame(design: TableDesign, reference: { table: string; namespace?: string }): boolean {
  return design.name === reference.table && design.namespace === reference.namespace;
}
