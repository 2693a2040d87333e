import { createInterface } from "node:readline/promises";
import { MillraceError } from "@millrace/core";
import type { CliContext } from "../cli-context.ts";

/**
 * Asks before something is deleted; `yes` (`--yes`) answers beforehand.
 * Fails with MLR_ARGUMENT_INVALID where nobody can be asked, or the answer is not yes.
 */
export async function confirm(cli: CliContext, question: string, yes: boolean): Promise<void> {
  if (yes) return;
  if (!cli.stdin.isTTY || cli.printer.json) {
    throw new MillraceError("MLR_ARGUMENT_INVALID", `${question} Nobody can be asked here`, {
      hint: "Nothing was done. Say --yes to go on without being asked.",
    });
  }
  const prompt = createInterface({ input: cli.stdin, output: cli.stderr });
  // Ctrl-C or the end of the input: nobody said yes.
  const closed = new Promise<string>((resolve) => prompt.once("close", () => resolve("")));
  const answer = await Promise.race([prompt.question(`${question} [y/N] `), closed]);
  prompt.close();
  if (/^y(es)?$/i.test(answer.trim())) return;
  throw new MillraceError("MLR_ARGUMENT_INVALID", "Not confirmed", { hint: "Nothing was done." });
}
