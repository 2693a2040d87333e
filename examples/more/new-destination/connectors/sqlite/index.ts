import { tableTarget, type TableTarget } from "@millrace/core";
import { relationalDestination } from "@millrace/connectors/relational";
import path from "node:path";
import { sqliteDialect } from "./sqlite-dialect.ts";

/** A SQLite file as destination: `sqlite({ file: "data.db" }).table("prices", { key: ["sku"] })`. */
export function sqlite(options: { readonly file: string }): TableTarget {
  return tableTarget({
    kind: "sqlite",
    destination: async ({ directory }) =>
      relationalDestination(sqliteDialect(path.resolve(directory, options.file))),
  });
}
