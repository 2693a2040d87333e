import type { z } from "zod";
import type { RunError } from "./run-error-schema.ts";

type Position = z.output<typeof RunError>["position"];

const FRAME = /^\s*at .*?\(?((?:file:\/\/)?[^()\s][^()]*?):(\d+):(\d+)\)?$/;

/** The first place of a stack that is neither Node's own nor a package's. */
export function positionOfStack(stack: string | null | undefined): Position {
  for (const line of (stack ?? "").split("\n")) {
    const [, file, row, column] = FRAME.exec(line) ?? [];
    if (file === undefined || file.startsWith("node:") || /[\\/]node_modules[\\/]/.test(file)) continue;
    if (file.includes("<anonymous>")) continue;
    return { of: "code", file: file.replace(/^file:\/\//, ""), line: Number(row), column: Number(column) };
  }
  return null;
}

/** The place that an error's details tell: of the code, else of the data that was read. */
export function positionOfDetails(details: Readonly<Record<string, unknown>>): Position {
  const { position, file, line, column } = details;
  if (typeof position === "object" && position !== null && !Array.isArray(position)) {
    const own = position as Readonly<Record<string, unknown>>;
    if (typeof own["file"] === "string") return placeOf("code", own["file"], own["line"], own["column"]);
  }
  if (typeof file !== "string") return null;
  return placeOf(/\.[cm]?[jt]sx?$/.test(file) ? "code" : "data", file, line, column);
}

function placeOf(of: "code" | "data", file: string, line: unknown, column: unknown): Position {
  return { of, file, line: wholeNumber(line), column: wholeNumber(column) };
}

function wholeNumber(value: unknown): number | null {
  return typeof value === "number" && Number.isSafeInteger(value) ? value : null;
}
