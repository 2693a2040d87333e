/** Threads exchange plain data: an exact number would arrive as an object without its class. */
const MARK = "\0millrace:number";

/** The value with exact numbers (`JsonNumber`) as plain objects; the value itself where it holds none. */
export function pack(value: unknown): unknown {
  return replace(value, (each) => (isExactNumber(each) ? { [MARK]: each.text } : undefined));
}

/** Undoes `pack`. @param exactNumber makes a `JsonNumber` of its text. */
export function unpack(value: unknown, exactNumber: (text: string) => object): unknown {
  return replace(value, (each) => {
    const text: unknown = (each as Record<string, unknown>)[MARK];
    return typeof text === "string" ? exactNumber(text) : undefined;
  });
}

/** Told by its shape, so that a thread need not load the class, and all of core with it, to see that there is none. */
function isExactNumber(value: object): value is { readonly text: string } {
  return value.constructor?.name === "JsonNumber" && "text" in value && typeof value.text === "string";
}

type Replacer = (value: object) => object | undefined;

function replace(value: unknown, replacer: Replacer): unknown {
  if (typeof value !== "object" || value === null) return value;
  const replaced = replacer(value);
  if (replaced !== undefined) return replaced;
  if (Array.isArray(value)) return replaceItems(value, replacer);
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null ? replaceFields(value, replacer) : value;
}

function replaceItems(items: readonly unknown[], replacer: Replacer): unknown {
  let copy: unknown[] | undefined;
  for (let i = 0; i < items.length; i++) {
    const next = replace(items[i], replacer);
    if (next !== items[i]) (copy ??= [...items])[i] = next;
  }
  return copy ?? items;
}

function replaceFields(fields: object, replacer: Replacer): unknown {
  let copy: Record<string, unknown> | undefined;
  for (const [name, value] of Object.entries(fields)) {
    const next = replace(value, replacer);
    if (next !== value) (copy ??= { ...(fields as Record<string, unknown>) })[name] = next;
  }
  return copy ?? fields;
}
