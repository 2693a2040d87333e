import { MillraceError } from "@millrace/core";
import type { CliContext } from "../cli-context.ts";
import { withWorkspace } from "../workspace/workspace.ts";
import { readValue } from "./read-value.ts";

const SAID = {
  added: "is stored",
  changed: "has a new value",
  unchanged: "has that value already",
} as const;

/** `millrace secret set`. @param given all arguments and unknown options, of which the first alone is allowed */
export async function setSecret(cli: CliContext, given: readonly string[]): Promise<void> {
  const [name = "", ...more] = given;
  if (more.length > 0) throw valueInArguments(name);
  await withWorkspace(cli, async ({ secrets }) => {
    // What keeps it from being stored is told before somebody types.
    const store = await secrets.store();
    const value = await readValue(cli, `Value of the secret "${name}": `);
    const outcome = (await store.set({ [name]: value }))[name] ?? "unchanged";
    const info = (await store.list()).find((each) => each.name === name);
    const version = info?.version ?? 1;
    cli.printer.result({ name, outcome, version, store: store.location }, () => {
      const { style } = cli.printer;
      return `${style.green("✓")} The secret "${name}" ${SAID[outcome]} (version ${version}, in ${store.location}).`;
    });
  });
}

function valueInArguments(name: string): MillraceError {
  const known = /^[\w.-]+$/.test(name) ? name : "<name>";
  return new MillraceError(
    "MLR_ARGUMENT_INVALID",
    "The value of a secret is not taken from the command line, where others on this machine can see it",
    {
      hint: `Pipe it: printf %s "$VALUE" | millrace secret set ${known}\nOr run "millrace secret set ${known}" to be asked. What was typed stands in the shell's history now.`,
    },
  );
}
