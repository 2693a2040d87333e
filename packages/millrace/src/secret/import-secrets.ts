import { resolve } from "node:path";
import { checkSecretName, MillraceError } from "@millrace/core";
import { fileAccess, parseDotenv, readPrivateFile } from "@millrace/platform/settings";
import type { CliContext } from "../cli-context.ts";
import type { Style } from "../output/style.ts";
import { renderTable } from "../output/table.ts";
import { clean } from "../output/text.ts";
import { withWorkspace } from "../workspace/workspace.ts";
import { readValue } from "./read-value.ts";

/** One variable of the file and what became of it. */
interface ImportedVariable {
  readonly name: string;
  readonly outcome: "added" | "changed" | "unchanged" | "skipped";
  /** Why it was skipped. */
  readonly reason?: string;
}

/** `millrace secret import`: each variable of a file in the format of `.env` becomes a secret of its name; all or none. */
export async function importSecrets(cli: CliContext, file: string): Promise<void> {
  const variables = parseDotenv(await textOf(cli, file));
  const skipped = Object.entries(variables).flatMap(([name, value]): ImportedVariable[] => {
    const reason = reasonToSkip(name, value);
    return reason === undefined ? [] : [{ name, outcome: "skipped", reason }];
  });
  const left = new Set(skipped.map(({ name }) => name));
  const values = Object.fromEntries(Object.entries(variables).filter(([name]) => !left.has(name)));
  if (Object.keys(values).length === 0) {
    throw new MillraceError("MLR_ARGUMENT_INVALID", `${file} has no variable that can become a secret`, {
      hint: "Write one on each line: NAME=value. Settings of Millrace and empty values are left out.",
    });
  }
  await withWorkspace(cli, async ({ secrets }) => {
    const store = await secrets.store();
    const outcomes = await store.set(values);
    const imported = Object.entries(outcomes).map(([name, outcome]): ImportedVariable => ({ name, outcome }));
    const all = [...imported, ...skipped];
    cli.printer.result({ file, store: store.location, secrets: all }, () =>
      forPeople(all, file, cli.printer.style),
    );
  });
}

async function textOf(cli: CliContext, file: string): Promise<string> {
  if (file === "-") return readValue(cli, "Variables: ");
  const access = fileAccess(undefined, (text) => cli.printer.warn(text));
  const text = await readPrivateFile({ ...access, path: resolve(cli.cwd, file) });
  if (text !== undefined) return text;
  throw new MillraceError("MLR_ARGUMENT_INVALID", `The file ${file} does not exist`, {
    hint: "Give the path of a file in the format of .env, or - for standard input.",
  });
}

function reasonToSkip(name: string, value: string): string | undefined {
  if (name.startsWith("MILLRACE_")) return "it is a setting of Millrace";
  if (value === "") return "it is empty";
  try {
    checkSecretName(name);
    return undefined;
  } catch {
    return "its name cannot be that of a secret";
  }
}

function forPeople(all: readonly ImportedVariable[], file: string, style: Style): string {
  const table = renderTable(
    [{ title: "secret" }, { title: "" }],
    all.map(({ name, outcome, reason }) => [
      clean(name),
      reason === undefined ? outcome : style.dim(`${outcome}: ${reason}`),
    ]),
    { heading: style.dim },
  );
  return file === "-"
    ? table
    : `${table}\n\n${style.dim(`The values stand in ${clean(file)} still: delete it.`)}`;
}
