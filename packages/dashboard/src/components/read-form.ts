import { formFields, type FormField } from "./schema-fields.ts";

/** What a form holds: values by name, or what is wrong with some. */
export interface FormReading {
  readonly values: Readonly<Record<string, unknown>>;
  readonly problems: Readonly<Record<string, string>>;
}

/** Reads typed text as the types of the schema; an empty field is left out. The server checks everything once more. */
export function readForm(schema: unknown, texts: Readonly<Record<string, string>>): FormReading {
  const values: Record<string, unknown> = {};
  const problems: Record<string, string> = {};
  for (const field of formFields(schema)) {
    const text = texts[field.name] ?? "";
    if (text.trim() === "") {
      if (field.required) problems[field.name] = "This is needed.";
      continue;
    }
    const value = readValue(field, text);
    if (value === undefined) problems[field.name] = EXPECTED[field.kind];
    else values[field.name] = value;
  }
  return { values, problems };
}

const EXPECTED: Readonly<Record<FormField["kind"], string>> = {
  text: "This is no text.",
  date: "This is no date.",
  number: "This is no number.",
  integer: "This is no whole number.",
  boolean: "Choose true or false.",
  json: "This is not JSON.",
};

function readValue(field: FormField, text: string): unknown {
  switch (field.kind) {
    case "text":
    case "date":
      return text;
    case "boolean":
      return text === "true" ? true : text === "false" ? false : undefined;
    case "number":
    case "integer": {
      const value = Number(text.trim());
      return Number.isFinite(value) && (field.kind === "number" || Number.isSafeInteger(value))
        ? value
        : undefined;
    }
    case "json":
      try {
        return JSON.parse(text) as unknown;
      } catch {
        return undefined;
      }
  }
}
