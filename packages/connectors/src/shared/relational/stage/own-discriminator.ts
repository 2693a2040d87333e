import { MillraceError, type Row, type TableDefinition } from "@millrace/core";

/** A check that rows lie in the pipeline's own part of a shared table; undefined where it has the table to itself. */
export function ownDiscriminator(table: TableDefinition): ((row: Row) => void) | undefined {
  const { discriminator, name } = table;
  if (discriminator === undefined) return undefined;
  const { column, value } = discriminator;
  return (row) => {
    if (String(row[column]) === value) return;
    throw new MillraceError(
      "MLR_ROW_INVALID",
      `a row for table "${name}" has ${column} = ${JSON.stringify(String(row[column]))}, but this pipeline owns the rows with "${value}"`,
      { hint: "Leave such rows out, or correct the discriminator.", details: { table: name, column } },
    );
  };
}
