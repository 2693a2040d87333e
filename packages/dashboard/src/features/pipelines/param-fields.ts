/** A parameter of a pipeline as a form asks for it. */
export interface ParamField {
  readonly name: string;
  readonly kind: "text" | "number" | "integer" | "boolean" | "choice" | "json";
  readonly required: boolean;
  readonly description: string | undefined;
  /** What stands in the field at first. */
  readonly initial: string;
  readonly choices: readonly string[];
}

interface SchemaPart {
  readonly [key: string]: unknown;
}

/**
 * The fields of a form for the parameters that a JSON Schema describes. Without one, every default is a field of its own
 * kind. What a form has no field for is asked for as JSON.
 */
export function paramFields(
  schema: unknown,
  defaults: Readonly<Record<string, unknown>>,
): readonly ParamField[] {
  const described = isPart(schema) && isPart(schema["properties"]) ? schema["properties"] : {};
  const required = isPart(schema) && Array.isArray(schema["required"]) ? schema["required"] : [];
  const names = new Set([...Object.keys(described), ...Object.keys(defaults)]);
  return [...names].map((name) => {
    const part = described[name];
    const initial = defaults[name] ?? (isPart(part) ? part["default"] : undefined);
    const kind = isPart(part) ? kindOf(part) : kindOfValue(initial);
    return {
      name,
      kind,
      required: required.includes(name) && initial === undefined,
      description: isPart(part) && typeof part["description"] === "string" ? part["description"] : undefined,
      initial: initialText(kind, initial),
      choices: isPart(part) && Array.isArray(part["enum"]) ? part["enum"].map(String) : [],
    };
  });
}

/** What came of reading a form: the values that differ from what stood there at first, or why it will not do. */
export interface ParamValues {
  readonly values: Readonly<Record<string, unknown>>;
  /** By name of the field. */
  readonly problems: Readonly<Record<string, string>>;
}

/** Reads the texts of a form. Fields that were not touched are left to the pipeline's own defaults. */
export function readParams(
  fields: readonly ParamField[],
  texts: Readonly<Record<string, string>>,
): ParamValues {
  const values: Record<string, unknown> = {};
  const problems: Record<string, string> = {};
  for (const field of fields) {
    const text = texts[field.name] ?? field.initial;
    if (text.trim() === "" && field.kind !== "text") {
      if (field.required) problems[field.name] = "This parameter is needed.";
      continue;
    }
    if (text === "" && field.required) problems[field.name] = "This parameter is needed.";
    if (text === field.initial) continue;
    const read = readValue(field, text);
    if (read === undefined) problems[field.name] = PROBLEMS[field.kind];
    else values[field.name] = read.value;
  }
  return { values, problems };
}

const PROBLEMS: Readonly<Record<ParamField["kind"], string>> = {
  text: "Write a text.",
  number: "Write a number, such as 12.5.",
  integer: "Write a whole number, such as 12.",
  boolean: "Choose yes or no.",
  choice: "Choose one of the values.",
  json: 'Write JSON, such as ["a", "b"] or {"a": 1}.',
};

function readValue(field: ParamField, text: string): { readonly value: unknown } | undefined {
  if (field.kind === "boolean") return { value: text === "true" };
  if (field.kind === "number" || field.kind === "integer") {
    const value = Number(text);
    const fits = field.kind === "integer" ? Number.isSafeInteger(value) : Number.isFinite(value);
    return fits ? { value } : undefined;
  }
  if (field.kind !== "json") return { value: text };
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

function kindOf(part: SchemaPart): ParamField["kind"] {
  if (Array.isArray(part["enum"]) && part["enum"].every((value) => typeof value === "string"))
    return "choice";
  const type = part["type"];
  if (type === "string") return "text";
  return type === "number" || type === "integer" || type === "boolean" ? type : "json";
}

function kindOfValue(value: unknown): ParamField["kind"] {
  if (value === undefined || value === null || typeof value === "string") return "text";
  return typeof value === "number" || typeof value === "boolean"
    ? (typeof value as "number" | "boolean")
    : "json";
}

function initialText(kind: ParamField["kind"], value: unknown): string {
  if (value === undefined || value === null) return kind === "boolean" ? "false" : "";
  return kind === "json" || typeof value === "object" ? JSON.stringify(value) : String(value);
}

function isPart(value: unknown): value is SchemaPart {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
