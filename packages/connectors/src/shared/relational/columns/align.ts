import type { RelationalDialect } from "../relational-dialect.ts";
import type { Link } from "../session/link.ts";
import { conversionStatement, convertColumn, isKeptAlike, type Conversion } from "./convert-column.ts";
import { newColumn, type TableColumn } from "./table-column.ts";

/** Something that has to be done so that a table has the columns that are wanted. */
export type Alignment =
  | { readonly kind: "add"; readonly column: TableColumn; readonly statements: readonly string[] }
  | { readonly kind: "convert"; readonly conversion: Conversion; readonly statements: readonly string[] }
  | { readonly kind: "drop-not-null"; readonly column: TableColumn; readonly statements: readonly string[] };

/** Compares the columns of a table with those that are wanted. Others that it has are left alone. */
export function alignments(
  dialect: RelationalDialect,
  reference: string,
  present: readonly TableColumn[],
  wanted: readonly TableColumn[],
): Alignment[] {
  const there = new Map(present.map((column) => [column.name, column]));
  return wanted.flatMap((column) => alignment(dialect, reference, there.get(column.name), column));
}

function alignment(
  dialect: RelationalDialect,
  reference: string,
  from: TableColumn | undefined,
  to: TableColumn,
): Alignment[] {
  if (from === undefined) {
    // Rows that are there have no value for it.
    const column = { ...to, required: false };
    return [{ kind: "add", column, statements: dialect.addColumn(reference, newColumn(dialect, column)) }];
  }
  if (!isKeptAlike(from, to)) {
    const conversion = { reference, from, to: { ...to, required: from.required && to.required } };
    return [{ kind: "convert", conversion, statements: [conversionStatement(dialect, conversion)] }];
  }
  if (!from.required || to.required) return [];
  const column = { ...from, required: false };
  const statements = dialect.alterColumn(reference, newColumn(dialect, column));
  return [{ kind: "drop-not-null", column, statements }];
}

/** Carries alignments out. Returns the columns that became JSON, whose texts may count otherwise in row hashes. */
export async function align(
  link: Link,
  what: string,
  all: readonly Alignment[],
): Promise<readonly TableColumn[]> {
  const json: TableColumn[] = [];
  for (const each of all) {
    if (each.kind !== "convert") {
      await link.run(what, each.statements);
      continue;
    }
    const { from, to } = each.conversion;
    await convertColumn(link, each.conversion);
    if (to.type.kind === "json" && from.type.kind !== "json") json.push(to);
  }
  return json;
}
