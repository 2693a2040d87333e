import { z } from "zod";
import type { Json } from "./json.ts";

/** JSON Schema of what a zod schema takes, for forms; what JSON Schema cannot say is left open. Undefined where it has none at all. */
export function jsonSchemaOf(schema: z.ZodType): Json | undefined {
  try {
    const made = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
    // Without what JSON cannot say: functions that a schema carries along.
    return JSON.parse(JSON.stringify(made)) as Json;
  } catch {
    return undefined;
  }
}
