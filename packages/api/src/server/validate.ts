import { MillraceError } from "@millrace/core";
import type { FastifySchemaCompiler } from "fastify";
import type { z } from "zod";

/** Objects deeper than this are no request of ours. */
const DEEPEST = 32;

/** Checks parameters, query and body by their zod schema. What does not fit fails with MLR_ARGUMENT_INVALID and the field. */
export const validate: FastifySchemaCompiler<z.ZodType> =
  ({ schema, httpPart = "body" }) =>
  (data: unknown) => {
    const bad = unstorable(data, []);
    if (bad !== undefined) return { error: invalid(httpPart, bad.path, bad.why) };
    // A request without a body has null for one.
    const given = httpPart === "body" && data === null ? undefined : data;
    const { success, error, data: value } = schema.safeParse(given);
    if (success) return { value };
    const [issue] = error.issues;
    return {
      error: invalid(httpPart, issue?.path ?? [], issue?.message ?? "is not valid", error.issues.length),
    };
  };

function invalid(part: string, path: readonly PropertyKey[], why: string, count = 1): MillraceError {
  const place = part === "querystring" ? "query" : part;
  const field = path.map(String).join(".");
  return new MillraceError(
    "MLR_ARGUMENT_INVALID",
    field === "" ? `The ${place} of the request: ${why}` : `"${field}" in the ${place}: ${why}`,
    {
      details: { in: place, field, problems: count },
      hint: "GET /api/v1/openapi.json tells what each route takes.",
    },
  );
}

/** A text that PostgreSQL does not take, wherever it is; and nesting that only an attacker sends. */
function unstorable(
  value: unknown,
  path: readonly string[],
): { readonly path: readonly string[]; readonly why: string } | undefined {
  if (typeof value === "string") {
    return value.includes("\0") ? { path, why: "has a NUL character, which no text may have" } : undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  if (path.length >= DEEPEST) return { path: path.slice(0, 3), why: "is nested too deeply" };
  for (const [key, each] of Object.entries(value)) {
    if (key.includes("\0")) return { path, why: "has a name with a NUL character" };
    const found = unstorable(each, [...path, key]);
    if (found !== undefined) return found;
  }
  return undefined;
}
