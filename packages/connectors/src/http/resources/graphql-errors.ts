import { MillraceError } from "@millrace/core";
import { follow } from "../select-path.ts";

/** What went wrong in a GraphQL answer; undefined where nothing did. Limits of rate may pass, other errors do not. */
export function graphqlFailure(document: unknown, where: string): MillraceError | undefined {
  const errors = follow(document, ["errors"]);
  if (!Array.isArray(errors) || errors.length === 0) return undefined;
  const first: unknown = errors[0];
  const message = follow(first, ["message"]);
  const path = follow(first, ["path"]);
  const at = Array.isArray(path) ? ` at ${path.join(".")}` : "";
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : "";
  const code = [follow(first, ["type"]), follow(first, ["extensions", "code"])].find(
    (each) => typeof each === "string",
  );
  const limited = typeof code === "string" && /rate|throttl|timeout|unavailable|internal/i.test(code);
  return new MillraceError(
    "MLR_SOURCE_FAILED",
    `${where}: GraphQL error${at}: ${typeof message === "string" ? message : "without a message"}${more}`,
    {
      hint: limited
        ? "The server limits how much is asked for: ask for smaller pages, or set a `budget`."
        : "Correct the query or its variables. Rows that come with errors are taken with `graphql: { partial: true }`.",
      details: { errors: errors.length, ...(typeof code === "string" ? { code } : {}) },
      retry: limited ? "later" : "never",
    },
  );
}
