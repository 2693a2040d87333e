import { z } from "zod";
import { MillraceError } from "./errors.ts";
import { nearest } from "./nearest.ts";

/**
 * Checks a connector's options against its schema (strict objects: unknown keys are refused) and fills in the defaults.
 * Never connects. Fails with MLR_OPTION_UNKNOWN (and the nearest name) or MLR_ARGUMENT_INVALID.
 * @param where what the options belong to, for the message: `csv()`, `pipeline "quakes"`.
 */
export function parseOptions<S extends z.ZodType>(schema: S, input: unknown, where: string): z.output<S> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(meantIssue);
  // A name that is mistyped is also missing: what was typed tells more.
  const issue = issues.find(({ code }) => code === "unrecognized_keys") ?? issues[0];
  if (issue?.code === "unrecognized_keys") throw unknownOption(schema, issue, where);
  const path = issue?.path.join(".") ?? "";
  const choice = issue?.code === "invalid_value" ? wrongChoice(issue, input) : undefined;
  throw new MillraceError(
    "MLR_ARGUMENT_INVALID",
    `${where}: ${path === "" ? "" : `option "${path}": `}${choice?.message ?? issue?.message ?? "invalid"}`,
    {
      ...(choice === undefined ? {} : { hint: choice.hint }),
      details: { option: path },
    },
  );
}

type Issue = z.core.$ZodIssue;

/** Of an option that may have several forms: what is wrong with the form that was most likely meant. */
function meantIssue(issue: Issue): Issue {
  // Of a name in a record: why it cannot be one.
  if (issue.code === "invalid_key" && issue.issues[0] !== undefined)
    return { ...issue.issues[0], path: issue.path };
  if (issue.code !== "invalid_union") return issue;
  const deepest = (found: readonly Issue[]): number =>
    Math.max(...found.map((each) => each.path.length + (each.code === "unrecognized_keys" ? 1 : 0)));
  const [meant] = issue.errors.toSorted((a, b) => deepest(b) - deepest(a));
  const [first] = meant ?? [];
  return first === undefined ? issue : meantIssue({ ...first, path: [...issue.path, ...first.path] });
}

function unknownOption(
  schema: z.ZodType,
  issue: { readonly keys: readonly string[]; readonly path: readonly PropertyKey[] },
  where: string,
): MillraceError {
  const key = issue.keys[0] ?? "";
  const known = knownKeys(schema, issue.path);
  const guess = nearest(key, known);
  return new MillraceError(
    "MLR_OPTION_UNKNOWN",
    `${where} has no option "${[...issue.path, key].join(".")}"`,
    {
      hint: guess === undefined ? `Its options: ${known.join(", ")}.` : `Did you mean "${guess}"?`,
      details: { option: key },
    },
  );
}

/** What to say of a value that is none of those to choose from; undefined where it is no text. */
function wrongChoice(
  issue: { readonly values: readonly unknown[]; readonly path: readonly PropertyKey[] },
  input: unknown,
): { readonly message: string; readonly hint: string } | undefined {
  let value = input;
  for (const step of issue.path) value = (value as Record<PropertyKey, unknown> | undefined)?.[step];
  if (typeof value !== "string" || issue.values.length < 2) return undefined;
  const values = issue.values.map(String);
  const guess = nearest(value, values);
  return {
    message: `there is no "${value}"`,
    hint: guess === undefined ? `Choose one of: ${values.join(", ")}.` : `Did you mean "${guess}"?`,
  };
}

function knownKeys(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  const current = objectIn(path.reduce<unknown>(inside, schema));
  return current === undefined ? [] : Object.keys(current.shape);
}

/** The schema of what an object, array or record holds there; undefined where it holds nothing. */
function inside(schema: unknown, step: PropertyKey): unknown {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) return inside(schema.unwrap(), step);
  if (schema instanceof z.ZodUnion)
    return schema.options.map((form) => inside(form, step)).find((each) => each !== undefined);
  if (schema instanceof z.ZodArray) return schema.element;
  if (schema instanceof z.ZodRecord) return schema.valueType;
  return schema instanceof z.ZodObject ? schema.shape[step as string] : undefined;
}

/** The object that a schema is, may be left out as, or is one form of. */
function objectIn(schema: unknown): z.ZodObject | undefined {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) return objectIn(schema.unwrap());
  if (schema instanceof z.ZodUnion) return schema.options.map(objectIn).find((each) => each !== undefined);
  return schema instanceof z.ZodObject ? schema : undefined;
}
