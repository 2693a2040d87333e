/** One field of a form, from one member of a JSON schema. */
export interface FormField {
  readonly name: string;
  readonly label: string;
  readonly hint: string | undefined;
  readonly kind: "text" | "number" | "integer" | "boolean" | "date" | "json";
  readonly required: boolean;
  /** What holds when nothing is typed, as text. */
  readonly fallback: string | undefined;
  /** The only values that may be chosen. */
  readonly choices: readonly string[] | undefined;
}

type Schema = Readonly<Record<string, unknown>>;

/** The fields for the members of an object; none for anything else. */
export function formFields(schema: unknown): FormField[] {
  if (!isObject(schema) || !isObject(schema["properties"])) return [];
  const required = Array.isArray(schema["required"]) ? (schema["required"] as unknown[]) : [];
  return Object.entries(schema["properties"])
    .filter((entry): entry is [string, Schema] => isObject(entry[1]))
    .map(([name, member]) => formField(name, member, required.includes(name)));
}

function formField(name: string, member: Schema, required: boolean): FormField {
  const schema = withoutNull(member);
  const fallback = member["default"];
  const title = member["title"];
  const hint = member["description"];
  const kind = kindOf(schema);
  return {
    name,
    label: typeof title === "string" ? title : name,
    hint: typeof hint === "string" ? hint : undefined,
    kind,
    required: required && fallback === undefined,
    fallback: fallback === undefined ? undefined : asText(fallback),
    choices: choicesOf(schema, kind),
  };
}

/** A member that may be null is asked for as what it is otherwise: an empty field says null. */
function withoutNull(member: Schema): Schema {
  const any = member["anyOf"] ?? member["oneOf"];
  if (!Array.isArray(any)) return member;
  const others = any.filter((one): one is Schema => isObject(one) && one["type"] !== "null");
  const [only] = others;
  return others.length === 1 && only !== undefined ? only : member;
}

function kindOf(schema: Schema): FormField["kind"] {
  const types = Array.isArray(schema["type"]) ? (schema["type"] as unknown[]) : [schema["type"]];
  const type = types.find((one) => one !== "null");
  if (type === "integer" || type === "number" || type === "boolean") return type;
  if (type === "string") return schema["format"] === "date" ? "date" : "text";
  return Array.isArray(schema["enum"]) ? "text" : "json";
}

function choicesOf(schema: Schema, kind: FormField["kind"]): readonly string[] | undefined {
  if (kind === "boolean") return ["true", "false"];
  const values = schema["enum"];
  return Array.isArray(values) ? values.filter((value) => value !== null).map(asText) : undefined;
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function isObject(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
