import { giveCommand } from "@millrace/orchestrator";
import {
  decideDocument,
  findDocument,
  findDocumentLabels,
  findDocuments,
  type NewDecision,
} from "@millrace/platform";
import type { Command } from "commander";
import { positiveInteger } from "../arguments.ts";
import type { CliContext, CommandSetup } from "../cli-context.ts";
import { documentTable, documentText } from "../documents/document-views.ts";
import { readSet } from "../documents/read-set.ts";
import { addCommonOptions, examples } from "../program.ts";
import { whoAsks } from "../workspace/who-asks.ts";
import { withWorkspace } from "../workspace/workspace.ts";

interface ListFlags {
  readonly pipeline?: string;
  readonly state?: string;
  readonly type?: string;
  readonly limit: number;
}

interface ReviewFlags {
  readonly accept?: boolean;
  readonly reject?: boolean;
  readonly set?: readonly string[];
}

/** `millrace documents`: documents of hot folders, and what people decide about them. */
export const documents: CommandSetup = (command, cli) => {
  command.addHelpText(
    "after",
    examples([
      "documents list --state failed",
      "documents show 0199f0a2",
      "documents reprocess 0199f0a2 --from text",
      "documents review 0199f0a2 --accept --set total=1190.00",
    ]),
  );
  const add = (name: string, summary: string, lines: readonly string[]): Command => {
    const sub = command.command(name).description(summary).addHelpText("after", examples(lines));
    addCommonOptions(sub, cli.setStart);
    return sub;
  };
  const addList = (sub: Command): Command =>
    sub
      .option("--pipeline <name>", "only those of this pipeline")
      .option("--type <name>", "only those of this type")
      .option("--limit <count>", "how many at most", positiveInteger, 50);
  addList(
    add("list", "List documents, those that came last first.", ["documents list --state review --json"]),
  )
    .option("--state <state>", "waiting, review, landing, done, failed, duplicate or rejected")
    .action((flags: ListFlags) => list(cli, flags));
  add("show", "Show one document: its fields, and everything that happened to it.", [
    "documents show 0199f0a2",
  ])
    .argument("<document>", "its id, or the beginning of it")
    .action((id: string) => show(cli, id));
  add("reprocess", "Take documents through their stages again.", [
    "documents reprocess 0199f0a2",
    "documents reprocess 0199f0a2 --from text",
  ])
    .argument("<document...>", "ids, or the beginnings of them")
    .option("--from <stage>", "where to begin; default: where it failed, else the first stage")
    .action((ids: string[], { from }: { from?: string }) => reprocess(cli, ids, from));
  add("review", "List the documents that wait for a person, or decide about one.", [
    "documents review",
    "documents review 0199f0a2 --accept",
    "documents review 0199f0a2 --accept --set total=1190.00 --set number=R-17",
    "documents review 0199f0a2 --reject",
  ])
    .argument("[document]", "its id, or the beginning of it")
    .option("--accept", "let it land")
    .option("--reject", "keep it from landing")
    .option("--set <field=value>", "a value in place of what was read; may be given more than once", collect)
    .action((id: string | undefined, flags: ReviewFlags) => review(cli, id, flags));
  addList(
    add("labels", "Print what people accepted and corrected, as JSON Lines: labelled data.", [
      "documents labels --type invoice > labels.jsonl",
    ]),
  ).action((flags: ListFlags) => labels(cli, flags));
};

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

function list(cli: CliContext, flags: ListFlags): Promise<void> {
  return withWorkspace(cli, async (workspace) => {
    const found = await findDocuments((await workspace.control()).pool, flags);
    cli.printer.result(found, () => documentTable(found, cli.printer.style));
  });
}

function show(cli: CliContext, id: string): Promise<void> {
  return withWorkspace(cli, async (workspace) => {
    const found = await findDocument((await workspace.control()).pool, id);
    cli.printer.result(found, () => documentText(found, cli.printer.style));
  });
}

function reprocess(cli: CliContext, ids: readonly string[], stage: string | undefined): Promise<void> {
  return withWorkspace(cli, async (workspace) => {
    const { pool } = await workspace.control();
    const given: Given[] = [];
    for (const id of ids) given.push(await decide(pool, { id, kind: "reprocess", stage }));
    cli.printer.result(given, () => given.map(lineOf).join("\n"));
  });
}

function review(cli: CliContext, id: string | undefined, flags: ReviewFlags): Promise<void> {
  if (id === undefined) return list(cli, { state: "review", limit: 500 });
  const values = readSet(flags.set ?? []);
  if (flags.accept !== true && flags.reject !== true) return show(cli, id);
  return withWorkspace(cli, async (workspace) => {
    const { pool } = await workspace.control();
    const kind = flags.accept === true ? "accept" : "reject";
    const given = await decide(pool, { id, kind, values: kind === "accept" ? values : undefined });
    cli.printer.result(given, () => lineOf(given));
  });
}

function labels(cli: CliContext, flags: ListFlags): Promise<void> {
  return withWorkspace(cli, async (workspace) => {
    const found = await findDocumentLabels((await workspace.control()).pool, flags);
    cli.printer.result(found, () => found.map((label) => JSON.stringify(label)).join("\n"));
  });
}

type Pool = Parameters<typeof decideDocument>[0];

interface Given {
  readonly document: string;
  readonly name: string;
  readonly pipeline: string;
  readonly kind: string;
  /** Its pipeline was queued to follow the decision. */
  readonly started: boolean;
}

async function decide(
  pool: Pool,
  { id, ...decision }: Omit<NewDecision, "document" | "by"> & { readonly id: string },
): Promise<Given> {
  const { id: document, name } = await findDocument(pool, id);
  const by = whoAsks();
  const { pipeline } = await decideDocument(pool, { ...decision, document, by });
  // A run that goes on follows it by itself; where none can be queued it is followed when the pipeline runs next.
  const started = await giveCommand(pool, { kind: "start", target: pipeline, by }).then(
    () => true,
    () => false,
  );
  return { document, name, pipeline, kind: decision.kind, started };
}

function lineOf({ name, pipeline, kind }: Given): string {
  return `${name}: ${kind}, followed as soon as ${pipeline} runs`;
}
