import { type Command, InvalidArgumentError } from "commander";
import { durationMs, positiveInteger } from "../arguments.ts";
import type { CommandSetup } from "../cli-context.ts";
import { createDataKey, type DataKeyFlags, listDataKeys, revokeDataKey } from "../data/data-keys.ts";
import {
  exposeTable,
  type ExposeFlags,
  listExposed,
  relateTables,
  type RelateFlags,
  unexposeTable,
} from "../data/exposures.ts";
import { makeDataViews, writeDataClient } from "../data/views.ts";
import { addCommonOptions, examples } from "../program.ts";

const DAY_MS = 86_400_000;

/** `millrace data`: which tables the data API shows, and to whom. */
export const data: CommandSetup = (command, cli) => {
  command.addHelpText(
    "after",
    examples([
      "data expose orders --public",
      "data expose orders --role partner --where country.eq=CH",
      "data key create shop --role partner",
    ]),
  );
  const add = (parent: Command, name: string, summary: string, lines: readonly string[]): Command => {
    const sub = parent.command(name).description(summary).addHelpText("after", examples(lines));
    addCommonOptions(sub, cli.setStart);
    return sub;
  };
  add(command, "list", "List the tables that the data API shows, and to whom.", [
    "data list",
    "data list --json",
  ]).action(() => listExposed(cli));
  add(command, "expose", "Show a table in the data API: to a role, or to everybody with --public.", [
    "data expose orders",
    "data expose orders --public --columns id,price",
    "data expose sales.orders --as sales_orders --role partner --where country.eq=CH",
  ])
    .argument("<table>", "its name in the default destination, with its schema where that is not public")
    .option("--as <name>", "what it is called in the data API (default: its name)")
    .option("--public", "to everybody, without a key")
    .option("--role <name>", "to keys with this role (default: reader)")
    .option("--columns <names>", "only these columns, to this role", names)
    .option(
      "--where <condition>",
      "only rows for which it holds, such as country.eq=CH; may be repeated",
      collect,
    )
    .option("--description <text>", "what the documentation says about it")
    .action((table: string, flags: ExposeFlags) => exposeTable(cli, table, flags));
  add(command, "unexpose", "Hide a table from everybody, or from one role.", [
    "data unexpose orders",
    "data unexpose orders --role partner",
  ])
    .argument("<table>", "as it is called in the data API")
    .option("--role <name>", "only from this role; public: from who shows no key")
    .action((table: string, flags: { role?: string }) => unexposeTable(cli, table, flags.role));
  add(command, "relate", "Declare a relation, by which rows of another table can be embedded.", [
    "data relate orders customer customers --on customer_id=id",
    "data relate customers orders orders --on id=customer_id --many",
  ])
    .argument("<table>", "the table whose rows get something embedded")
    .argument("<name>", "what that is called")
    .argument("<other>", "the table that it is in")
    .requiredOption("--on <own=theirs>", "columns that are equal; may be repeated", collect)
    .option("--many", "there are many rows on the other side (default: one or none)")
    .action((table: string, name: string, other: string, flags: RelateFlags) =>
      relateTables(cli, { table, name, other }, flags),
    );
  add(command, "views", "Make a schema of views of the exposed tables, for BI tools that read by SQL.", [
    "data views",
    "data views --schema bi --role reader",
  ])
    .option("--schema <name>", "the schema", "data")
    .option("--role <name>", "what this role may see (default: reader)", "reader")
    .action((flags: { schema: string; role: string }) => makeDataViews(cli, flags));
  add(command, "client", "Print a TypeScript client of the exposed tables.", [
    "data client --file data-client.ts",
  ])
    .option("--role <name>", "what this role may see", "reader")
    .option("--file <path>", "write it there, in place of what is there")
    .action((flags: { role: string; file?: string }) => writeDataClient(cli, flags));
  const key = command.command("key").description("What programs show to the data API.");
  add(key, "list", "List the keys, which are never shown again.", ["data key list"]).action(() =>
    listDataKeys(cli),
  );
  add(key, "create", "Make a key and print it, this one time.", [
    "data key create shop",
    "data key create shop --role partner --expires 30d --rate 600",
  ])
    .argument("<name>", "the program that uses it")
    .option("--role <name>", "what it opens", "reader")
    .option(
      "--rate <count>",
      "requests in a minute (default: as MILLRACE_DATA_KEY_RATE says)",
      positiveInteger,
    )
    .option("--expires <duration>", 'after so long, such as 30d; or "never"', expiry, 365 * DAY_MS)
    .action((name: string, flags: DataKeyFlags) => createDataKey(cli, name, flags));
  add(key, "revoke", "End a key at once.", ["data key revoke shop"])
    .argument("<key>", "its name or id")
    .action((id: string) => revokeDataKey(cli, id));
};

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

function names(text: string): readonly string[] {
  const found = text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  if (found.length > 0) return found;
  throw new InvalidArgumentError("It must be names of columns between commas.");
}

function expiry(text: string): number | "never" {
  if (text === "never") return text;
  const ms = durationMs(text);
  if (ms <= 3_650 * DAY_MS) return ms;
  throw new InvalidArgumentError('It must be at most 3650d, or "never".');
}
