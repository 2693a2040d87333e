import type { GraphQLSchema } from "graphql";
import { MillraceError } from "@millrace/core";
import type { CatalogView } from "../exposure/data-catalog.ts";
import { PUBLIC_ROLE } from "../exposure/data-policy.ts";
import { buildSchema } from "./build-schema.ts";

/** Schemas that are kept: of each role one, and of a few moments. */
const KEPT = 64;

/** Makes the schema of each role once for as long as what is exposed stays the same. */
export class SchemaBook {
  readonly #kept = new Map<string, GraphQLSchema>();

  /** Fails with MLR_SIGN_IN_REQUIRED or MLR_TABLE_NOT_FOUND where the role reads nothing. */
  of(view: CatalogView, role: string): GraphQLSchema {
    const name = `${view.stamp} ${role}`;
    const kept = this.#kept.get(name);
    if (kept !== undefined) return kept;
    const schema = buildSchema(view.grants(role));
    if (schema === undefined) throw nothing(role);
    if (this.#kept.size >= KEPT) this.#kept.clear();
    this.#kept.set(name, schema);
    return schema;
  }
}

function nothing(role: string): MillraceError {
  if (role !== PUBLIC_ROLE)
    return new MillraceError("MLR_TABLE_NOT_FOUND", "There is no table that this key reads");
  return new MillraceError("MLR_SIGN_IN_REQUIRED", "Without a key there is nothing to read", {
    hint: "Send the header Authorization: Bearer mlrd_….",
  });
}
