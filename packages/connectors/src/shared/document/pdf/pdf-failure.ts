import type { PdfFailure } from "./pdf-messages.ts";

/** Something that is refused, with the reason why. */
export class PdfRefusal extends Error {
  readonly why: PdfFailure["why"];

  constructor(why: PdfFailure["why"], message: string) {
    super(message);
    this.why = why;
  }
}

/** What is told of an error across threads. */
export function failureOf(error: unknown): PdfFailure {
  if (error instanceof PdfRefusal) return { why: error.why, message: error.message };
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof Error && error.name === "PasswordException") return { why: "password", message };
  const missing = error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND";
  return { why: missing ? "driver" : "damaged", message };
}
