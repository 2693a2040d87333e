import type { Redactor } from "@millrace/core";

/** Knows secret values, and takes them out of what is said. */
export type LogRedactor = Pick<Redactor, "text" | "value">;
