import type { Json } from "@millrace/core";
import type { Style } from "./style.ts";
import { cleanLines } from "./text.ts";

/** An error as it is printed or written as JSON. */
export interface ErrorReport {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly details: Readonly<Record<string, Json>>;
}

/** What happened, where, and what to do: two or three lines, never a stack trace. */
export function errorBlock(error: ErrorReport, style: Style, where?: string): string {
  const [first = "", ...rest] = cleanLines(error.message).split("\n");
  const lines = [`${style.red("✗")} ${style.bold(where === undefined ? first : `${where}: ${first}`)}`];
  for (const line of rest) lines.push(`  ${line}`);
  if (error.hint !== undefined) {
    for (const line of cleanLines(error.hint).split("\n")) lines.push(`  ${line}`);
  }
  lines.push(style.dim(`  ${error.code}`));
  return lines.join("\n");
}
