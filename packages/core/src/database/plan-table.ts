import { limitIdentifier } from "../schema/names.ts";
import type { DatabaseDialect } from "./database-dialect.ts";
import type { TableDesign } from "./define-table.ts";
import type { NamedColumns, PlannedTable } from "./table-plan.ts";

/**
 * Names what a table consists of, by one convention: `pk_<table>`, `uq_<table>_<columns>`, `ix_<table>_<columns>`,
 * `fk_<table>_<columns>`; what is too long for the database is cut and ends in eight hex digits of its hash.
 */
export function planTable(design: TableDesign, dialect: Pick<DatabaseDialect, "identifiers">): PlannedTable {
  const { maxBytes } = dialect.identifiers;
  const named = (kind: string, columns: readonly string[]): NamedColumns => ({
    name: limitIdentifier([kind, design.name, ...columns].join("_"), maxBytes),
    columns,
  });
  const { name, namespace, columns, surrogateKey, key, primaryKey } = design;
  const keyBesides = surrogateKey === undefined || key.length === 0 ? [] : [key];
  return {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    columns,
    ...(surrogateKey === undefined ? {} : { identity: surrogateKey }),
    ...(primaryKey.length === 0
      ? {}
      : { primaryKey: { name: limitIdentifier(`pk_${name}`, maxBytes), columns: primaryKey } }),
    unique: [...keyBesides, ...design.unique].map((each) => named("uq", each)),
    indexes: design.indexes.map((each) => named("ix", each)),
    foreignKeys: design.foreignKeys.map((each) => ({ ...each, ...named("fk", each.columns) })),
  };
}
