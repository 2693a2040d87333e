import { MillraceError } from "@millrace/core";
import type { CliContext } from "../cli-context.ts";
import { askHidden } from "../output/ask-hidden.ts";
import { isTerminal } from "../output/ask-master-password.ts";

/** More is no secret, and no password. */
const MAX_BYTES = 1024 * 1024;

/** What is typed without being shown, or all of standard input but for one line break at its end. Fails with MLR_ARGUMENT_INVALID. */
export async function readValue(cli: CliContext, question: string): Promise<string> {
  if (isTerminal(cli)) return askHidden(cli, question);
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of cli.stdin as AsyncIterable<Buffer | string>) {
    const buffer = Buffer.from(piece);
    bytes += buffer.length;
    if (bytes > MAX_BYTES) throw refused("Standard input is too long to be a secret");
    pieces.push(buffer);
  }
  const text = decoded(Buffer.concat(pieces)).replace(/\r?\n$/, "");
  if (text === "") throw refused("Standard input is empty");
  return text;
}

function decoded(bytes: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw refused("Standard input is not text in UTF-8");
  }
}

function refused(message: string): MillraceError {
  return new MillraceError("MLR_ARGUMENT_INVALID", message, {
    hint: 'Pipe the value into the command (printf %s "$VALUE" | …), or run it on a terminal to be asked.',
  });
}
