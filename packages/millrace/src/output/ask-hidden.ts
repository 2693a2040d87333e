import { MillraceError } from "@millrace/core";
import type { CliContext } from "../cli-context.ts";

/** The terminal that a person types at. */
export type Terminal = Pick<CliContext, "stdin" | "stderr">;

const CTRL_C = "\u0003";
const CTRL_D = "\u0004";
const CTRL_U = "\u0015";

/**
 * Asks for something that must not be seen: nothing of what is typed is shown. Fails with MLR_ARGUMENT_INVALID where
 * nothing is typed or it is broken off; Ctrl-C ends the process as it does elsewhere.
 */
export async function askHidden({ stdin, stderr }: Terminal, question: string): Promise<string> {
  // Before the question, as somebody may be quick to answer.
  stdin.setRawMode(true);
  stderr.write(question);
  stdin.setEncoding("utf8");
  stdin.resume();
  try {
    const line = new HiddenLine();
    const ended = await new Promise<"enter" | "interrupt" | "end">((resolve) => {
      stdin.on("data", (text: string) => {
        const how = line.type(text);
        if (how !== undefined) resolve(how);
      });
      stdin.once("end", () => resolve("end"));
    });
    if (ended === "enter" && line.text !== "") return line.text;
    if (ended === "interrupt") setImmediate(() => process.kill(process.pid, "SIGINT"));
    throw new MillraceError("MLR_ARGUMENT_INVALID", "Nothing was typed", { hint: "Nothing was done." });
  } finally {
    stdin.removeAllListeners("data");
    stdin.removeAllListeners("end");
    stdin.setRawMode(false);
    stdin.pause();
    stderr.write("\n");
  }
}

/** What is typed on one line, with the keys that correct it. */
class HiddenLine {
  #characters: string[] = [];

  get text(): string {
    return this.#characters.join("");
  }

  /** How the line has ended; undefined: it goes on. What comes after its end is forgotten. */
  type(input: string): "enter" | "interrupt" | "end" | undefined {
    // Arrow keys and their like; the marks of a paste. They are no part of what is meant.
    // oxlint-disable-next-line no-control-regex -- escape sequences begin with a control character
    for (const character of input.replaceAll(/\u001b(\[[0-9;?]*[ -/]*[@-~]|O.)/g, "")) {
      if (character === "\r" || character === "\n") return "enter";
      if (character === CTRL_C) return "interrupt";
      if (character === CTRL_D && this.#characters.length === 0) return "end";
      if (character === "\u007f" || character === "\b") this.#characters.pop();
      else if (character === CTRL_U) this.#characters = [];
      else if (character >= " ") this.#characters.push(character);
    }
    return undefined;
  }
}
