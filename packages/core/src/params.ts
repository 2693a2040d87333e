import type { z } from "zod";
import { MillraceError } from "./errors.ts";
import { jsonSchemaOf } from "./json-schema.ts";
import type { Json } from "./json.ts";
import { nearest } from "./nearest.ts";

/** What a pipeline says of its parameters: names with their defaults, which are texts, or a zod object with types. */
export type ParamsDefinition = Readonly<Record<string, string>> | z.ZodObject;

/** What code is given as `context.params`. */
export type ParamsOf<P> = P extends z.ZodObject ? z.output<P> : Readonly<Record<string, string>>;

/** Values of parameters as they were asked for: texts of a command line, or what a form made. */
export type GivenParams = Readonly<Record<string, Json>>;

/** A zod object in place of defaults. */
export function isParamsSchema(params: ParamsDefinition | undefined): params is z.ZodObject {
  return typeof params === "object" && "_zod" in params;
}

/** Names of the parameters. */
export function paramNames(params: ParamsDefinition | undefined): string[] {
  return Object.keys(isParamsSchema(params) ? params.shape : (params ?? {}));
}

/** JSON Schema of the parameters, for forms; undefined where they are texts. */
export function paramsSchemaOf(params: ParamsDefinition | undefined): Json | undefined {
  return isParamsSchema(params) ? jsonSchemaOf(params) : undefined;
}

/**
 * The parameters of a run: what was given, and defaults for the rest. Texts become what the schema asks for: numbers, true and
 * false, JSON. Fails with MLR_ARGUMENT_INVALID, which names the parameters and never their values.
 */
export async function checkParams(
  pipeline: { readonly name: string; readonly params?: ParamsDefinition },
  given: GivenParams = {},
): Promise<Readonly<Record<string, unknown>>> {
  const { name, params } = pipeline;
  const known = paramNames(params);
  const unknown = Object.keys(given).find((each) => !known.includes(each));
  if (unknown !== undefined) throw noSuchParameter(name, unknown, known);
  if (!isParamsSchema(params)) {
    const other = Object.entries(given).find(([, value]) => typeof value !== "string");
    if (other !== undefined) throw invalid(name, [{ field: other[0], message: "must be a text" }]);
    return { ...params, ...given };
  }
  const parsed = await params.safeParseAsync(
    Object.fromEntries(Object.entries(given).map(([key, value]) => [key, meant(params.shape[key], value)])),
  );
  if (parsed.success) return parsed.data;
  throw invalid(
    name,
    parsed.error.issues.map(({ path, message }) => ({
      field: path.join("."),
      message: path.length === 1 && !Object.hasOwn(given, String(path[0])) ? "is missing" : message,
    })),
  );
}

function noSuchParameter(pipeline: string, name: string, known: readonly string[]): MillraceError {
  const guess = nearest(name, known);
  return new MillraceError("MLR_ARGUMENT_INVALID", `pipeline "${pipeline}" has no parameter "${name}"`, {
    hint:
      guess !== undefined
        ? `Did you mean "${guess}"?`
        : known.length === 0
          ? "It declares none; add params: { … } to the pipeline."
          : `Its parameters: ${known.join(", ")}.`,
  });
}

function invalid(
  pipeline: string,
  fields: readonly { readonly field: string; readonly message: string }[],
): MillraceError {
  const what = fields.map(({ field, message }) =>
    field === ""
      ? message
      : `parameter "${field}" ${message === "is missing" ? message : `is wrong: ${message}`}`,
  );
  return new MillraceError("MLR_ARGUMENT_INVALID", `pipeline "${pipeline}": ${what.join("; ")}`, {
    hint: "Give it with --param name=value; `millrace list --json` tells what each takes.",
    details: { pipeline, parameters: fields.map(({ field }) => field) },
  });
}

const WORDS: ReadonlyMap<string, boolean> = new Map([
  ["true", true],
  ["yes", true],
  ["1", true],
  ["false", false],
  ["no", false],
  ["0", false],
]);

/** A text as what the schema of its field may take: itself where that takes it, otherwise what it spells. */
function meant(field: unknown, value: Json): unknown {
  if (typeof value !== "string" || !isSchema(field) || takes(field, value)) return value;
  return spelled(value).find((each) => takes(field, each)) ?? closest(field, value);
}

/** What a text may spell besides itself. */
function spelled(text: string): unknown[] {
  const word = WORDS.get(text.trim().toLowerCase());
  const number = numberIn(text);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  return [word, number, json, /^-?\d+$/.test(text.trim()) ? BigInt(text.trim()) : undefined].filter(
    (each) => each !== undefined,
  );
}

/** Nothing fits: a number where one is asked for gets the message about its range, not about its type. */
function closest(field: z.ZodType, text: string): unknown {
  const issue = field.safeParse(text).error?.issues[0];
  const wantsNumber = issue?.code === "invalid_type" && ["number", "int"].includes(issue.expected);
  return (wantsNumber ? numberIn(text) : undefined) ?? text;
}

function numberIn(text: string): number | undefined {
  const number = text.trim() === "" ? Number.NaN : Number(text.replaceAll("_", ""));
  return Number.isFinite(number) ? number : undefined;
}

function takes(field: z.ZodType, value: unknown): boolean {
  try {
    return field.safeParse(value).success;
  } catch {
    // It has a check that takes time; the whole is checked later.
    return false;
  }
}

function isSchema(value: unknown): value is z.ZodType {
  return typeof value === "object" && value !== null && "_zod" in value;
}
