import { type Json, MillraceError, nearest } from "@millrace/core";
import type pg from "pg";
import { z } from "zod";

type Params = Readonly<Record<string, Json>>;

/** What is wrong with one parameter. */
interface Problem {
  readonly field: string;
  readonly message: string;
}

/**
 * Checks parameters against what the registered pipeline says of them, so that a wrong one is told now and not by a run that
 * fails. Fails with MLR_ARGUMENT_INVALID, whose `details.fields` has what is wrong with each, and never a value. A pipeline
 * that is not registered is left to whoever looks for it.
 */
export async function checkParams(
  pool: pg.Pool,
  pipeline: string,
  params: Params | undefined,
  // A pipeline may have parameters that have to be given.
): Promise<void> {
  const { rows } = await pool.query<{ params: Readonly<Record<string, string>>; params_schema: Json }>(
    "SELECT params, params_schema FROM millrace_control.pipelines WHERE name = $1 AND retired_at IS NULL",
    [pipeline],
  );
  const [known] = rows;
  if (known === undefined) return;
  const given = params ?? {};
  const problems = isSchema(known.params_schema)
    ? schemaProblems(known.params_schema, given)
    : textProblems(known.params, given);
  if (problems.length === 0) return;
  const what = problems.map(({ field, message }) => `"${field}" ${message}`).join("; ");
  throw new MillraceError("MLR_ARGUMENT_INVALID", `Parameters of "${pipeline}": ${what}`, {
    details: {
      in: "body",
      field: `params.${problems[0]?.field ?? ""}`,
      fields: Object.fromEntries(problems.map(({ field, message }) => [`params.${field}`, message])),
    },
    hint: `GET /api/v1/pipelines/${encodeURIComponent(pipeline)} tells what its parameters take.`,
  });
}

interface ObjectSchema {
  readonly properties?: Readonly<Record<string, Json>>;
}

function isSchema(value: unknown): value is ObjectSchema & Record<string, Json> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Parameters without a schema are texts. */
function textProblems(known: Readonly<Record<string, string>>, given: Params): Problem[] {
  return Object.entries(given).flatMap(([field, value]) => {
    if (!Object.hasOwn(known, field)) return [unknown(field, Object.keys(known))];
    return typeof value === "string" ? [] : [{ field, message: "must be a text" }];
  });
}

function schemaProblems(schema: ObjectSchema & Record<string, Json>, given: Params): Problem[] {
  const names = Object.keys(schema.properties ?? {});
  const strangers = Object.keys(given).filter((name) => !names.includes(name));
  if (strangers.length > 0) return strangers.map((name) => unknown(name, names));
  const check = checkOf(schema);
  if (check === undefined) return [];
  const { error } = check.safeParse(given);
  return (error?.issues ?? []).map(({ path, message }) => ({
    field: path.map(String).join("."),
    message: path.length === 1 && !Object.hasOwn(given, String(path[0])) ? "is missing" : lowered(message),
  }));
}

/** Undefined for a schema that says more than can be checked here: the run checks all of it. */
function checkOf(schema: Record<string, Json>): z.ZodType | undefined {
  try {
    return z.fromJSONSchema(schema);
  } catch {
    return undefined;
  }
}

function unknown(field: string, known: readonly string[]): Problem {
  const guess = nearest(field, known);
  const others = known.length === 0 ? "it has none" : `there are: ${known.join(", ")}`;
  return { field, message: `is no parameter; ${guess === undefined ? others : `did you mean "${guess}"?`}` };
}

function lowered(message: string): string {
  return `is wrong: ${message.charAt(0).toLowerCase()}${message.slice(1)}`;
}
