/** What of a document is looked at. */
interface Document {
  readonly components?: { readonly schemas?: object };
}

const COMPONENTS = "#/components/schemas/";

/**
 * A copy of an OpenAPI document in which the places where any JSON may be say just that: zod describes its `z.json()` by a
 * schema that refers to itself, whose place an OpenAPI document does not have. Schemas that nothing refers to are left out.
 */
export function openJson<T extends object>(document: T): T {
  const { components = {} } = document as Document;
  const { schemas = {} } = components;
  const known = new Set(Object.keys(schemas).filter((name) => !name.startsWith("__")));
  const used = new Set<string>();
  const { components: _, ...rest } = document as Document;
  const body = copy(rest, known, used);
  const kept: Record<string, unknown> = {};
  // A Set goes on with what is added to it meanwhile.
  for (const name of used) kept[name] = copy((schemas as Record<string, unknown>)[name], known, used);
  const sorted = Object.fromEntries(Object.entries(kept).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return { ...(body as T), components: { ...components, schemas: sorted } };
}

function copy(value: unknown, known: ReadonlySet<string>, used: Set<string>): unknown {
  if (Array.isArray(value)) return value.map((each) => copy(each, known, used));
  if (typeof value !== "object" || value === null) return value;
  if ("$ref" in value && typeof value.$ref === "string") {
    const name = value.$ref.slice(COMPONENTS.length);
    if (!known.has(name)) return {};
    used.add(name);
  }
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => name !== "$defs")
      .map(([name, each]) => [name, copy(each, known, used)]),
  );
}
