import type { QualifiedName } from "../qualified-name.ts";
import type { TableDescription } from "../table-description.ts";
import type { Link } from "./link.ts";

/** What the database says of a table. */
export function describeTable(link: Link, name: QualifiedName): Promise<TableDescription | undefined> {
  return link.ask(`looking at table "${name.name}"`, (connection) => link.dialect.describe(connection, name));
}
