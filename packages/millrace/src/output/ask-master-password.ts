import { MillraceError } from "@millrace/core";
import type { CliContext } from "../cli-context.ts";
import { askHidden, type Terminal } from "./ask-hidden.ts";

/** Asks for the master password; undefined where nobody sits at a terminal. */
export function askMasterPassword(
  cli: CliContext,
): ((use: "open" | "create") => Promise<string>) | undefined {
  if (!isTerminal(cli)) return undefined;
  return (use) =>
    use === "open"
      ? askHidden(cli, "Master password: ")
      : askTwice(cli, "A new master password, which opens all secrets from now on: ");
}

/** True where somebody can type something hidden. */
export function isTerminal({ stdin, stderr }: Terminal): boolean {
  return stdin.isTTY && stderr.isTTY;
}

/** Asks for a new password twice. Fails with MLR_ARGUMENT_INVALID where the two differ. */
export async function askTwice(terminal: Terminal, question: string): Promise<string> {
  const first = await askHidden(terminal, question);
  if ((await askHidden(terminal, "The same again: ")) === first) return first;
  throw new MillraceError("MLR_ARGUMENT_INVALID", "The two are not the same", { hint: "Nothing was done." });
}
