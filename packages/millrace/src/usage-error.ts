import { MillraceError, nearest } from "@millrace/core";
import type { CommanderError } from "commander";
import { COMMANDS } from "./commands.ts";
import { verbOf } from "./verb.ts";

/** Nothing was asked for: commander prints the help by itself. */
const HELP = "commander.help";
const UNKNOWN = new Set(["commander.unknownOption", "commander.unknownCommand"]);

const NAMES = COMMANDS.map((entry) => entry.name);

/** What commander refused, as one of our errors, with the nearest name as its hint. */
export function usageError(error: CommanderError, argv: readonly string[]): MillraceError {
  const verb = verbOf(argv);
  if (error.code === HELP && verb !== undefined && !NAMES.includes(verb)) return unknownCommand(verb);
  if (error.code === HELP) {
    return new MillraceError("MLR_ARGUMENT_INVALID", "No command was given", {
      hint: '"millrace --help" tells what there is.',
    });
  }
  const text = error.message.replace(/^error: /, "");
  const [message = "", ...rest] = text.split("\n");
  const guess = /^\(Did you mean (.+)\?\)$/.exec(rest.join(" ").trim())?.[1];
  const help = verb === undefined || !NAMES.includes(verb) ? "" : `${verb} `;
  return new MillraceError(
    UNKNOWN.has(error.code) ? "MLR_OPTION_UNKNOWN" : "MLR_ARGUMENT_INVALID",
    message.charAt(0).toUpperCase() + message.slice(1).replace(/\.$/, ""),
    {
      hint:
        guess === undefined
          ? `"millrace ${help}--help" tells what there is.`
          : `Did you mean ${guess.replace(/^one of /, "one of: ")}?`,
    },
  );
}

/** Of `millrace help <name>`, for which commander prints the help of everything. */
function unknownCommand(name: string): MillraceError {
  const guess = nearest(name, NAMES);
  return new MillraceError("MLR_OPTION_UNKNOWN", `Unknown command '${name}'`, {
    hint: guess === undefined ? '"millrace --help" tells what there is.' : `Did you mean ${guess}?`,
  });
}
