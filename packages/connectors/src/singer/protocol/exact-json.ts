import { JsonNumber } from "@millrace/core";

/** JSON text of what `parseJsonExact` gave, its numbers as they were written. */
export function exactJson(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) => {
    if (typeof each === "bigint") return rawJson(each.toString());
    return each instanceof JsonNumber ? rawJson(each.token) : each;
  });
}

/** The type definitions of TypeScript do not have it yet. */
function rawJson(text: string): unknown {
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(text);
}
