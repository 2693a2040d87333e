import { Option } from "commander";
import type { CliContext, CommandSetup } from "../cli-context.ts";
import { CODEBOOKS_FOLDER, type LoadedCodebook, loadCodebooks } from "../codebook/load-codebooks.ts";
import { EXIT, exitCodeOf } from "../exit-codes.ts";
import { errorBlock } from "../output/error-block.ts";
import { codebookTable, definedTable, deployedSummary } from "../output/deployed.ts";
import { examples } from "../program.ts";
import { choosePipelines } from "../project/choose-pipelines.ts";
import {
  deployCodebook,
  type DeployedCodebook,
  type DeployedPipeline,
  deployPipeline,
} from "../workspace/deploy.ts";
import { listenForInterrupts } from "../workspace/interrupts.ts";
import { withWorkspace, type Workspace } from "../workspace/workspace.ts";

interface DeployFlags {
  readonly dryRun?: boolean;
  readonly only?: "tables" | "codebooks";
}

/** `millrace deploy-tables`: makes tables ahead of any run, and brings code lists into theirs. */
export const deployTables: CommandSetup = (command, cli) => {
  command
    .argument("[pipelines...]", "only their tables, and no code lists; without any, all that are enabled")
    .option("--dry-run", "tell what would be made and changed, without doing it")
    .addOption(new Option("--only <what>", "leave out the other one").choices(["tables", "codebooks"]))
    .addHelpText(
      "after",
      `\nTables are made as far as their columns are declared: { columns: { id: "integer" } }. Code lists are the files in ${CODEBOOKS_FOLDER}/.
${examples(["deploy-tables", "deploy-tables orders --dry-run", "deploy-tables --only codebooks --json"])}`,
    )
    .action(async (names: string[], flags: DeployFlags) => {
      await withWorkspace(cli, async (workspace) => {
        const wantsCodebooks = names.length === 0 && flags.only !== "tables";
        const chosen = flags.only === "codebooks" ? [] : choosePipelines(await workspace.pipelines(), names);
        // What is wrong with a list is told before anything is made.
        const lists = wantsCodebooks ? await loadCodebooks(workspace.project) : [];
        const dryRun = flags.dryRun === true;
        const pipelines: DeployedPipeline[] = [];
        for (const pipeline of chosen) pipelines.push(await deployPipeline(workspace, pipeline, dryRun));
        const codebooks = await deployLists(cli, workspace, lists, dryRun);
        report(cli, { pipelines, codebooks }, dryRun);
      });
    });
};

async function deployLists(
  cli: CliContext,
  workspace: Workspace,
  lists: readonly LoadedCodebook[],
  dryRun: boolean,
): Promise<DeployedCodebook[]> {
  const interrupts = listenForInterrupts(cli.printer);
  const done: DeployedCodebook[] = [];
  try {
    const context = {
      workspace,
      signal: interrupts.signal,
      observe: () => undefined,
      warn: cli.printer.warn,
    };
    for (const list of lists) {
      if (interrupts.signal.aborted) break;
      done.push(await deployCodebook(list, context, dryRun));
    }
  } finally {
    interrupts.dispose();
  }
  if (interrupts.signal.aborted) cli.exit(interrupts.exitCode() ?? EXIT.interrupted);
  return done;
}

interface Deployed {
  readonly pipelines: readonly DeployedPipeline[];
  readonly codebooks: readonly DeployedCodebook[];
}

function report(cli: CliContext, { pipelines, codebooks }: Deployed, dryRun: boolean): void {
  const errors = [
    ...pipelines.flatMap(({ error }) => (error === undefined ? [] : [error.code])),
    ...codebooks.flatMap(({ report: { error } }) => (error === undefined ? [] : [error.code])),
  ];
  const exits = new Set(errors.map(exitCodeOf));
  const [only] = exits;
  if (only !== undefined) cli.exit(exits.size === 1 ? only : EXIT.failed);
  const { printer } = cli;
  printer.result(
    {
      dryRun,
      pipelines: pipelines.map(({ pipeline, tables, error }) => ({
        pipeline,
        tables,
        ...(error === undefined ? {} : { error: error.toJSON() }),
      })),
      codebooks: codebooks.map(({ codebook, report: { run, status, tables, error, plan } }) => ({
        codebook: codebook.name,
        file: codebook.file,
        table: codebook.table,
        status,
        counts: tables[codebook.table] ?? null,
        ...(dryRun ? { changes: plan?.changes ?? [] } : { run }),
        ...(error === undefined ? {} : { error }),
      })),
    },
    () =>
      [
        definedTable(pipelines, printer.style),
        codebookTable(codebooks, printer.style),
        deployedSummary(dryRun),
      ]
        .filter((part) => part !== "")
        .join("\n\n"),
  );
  if (printer.json) return;
  for (const { error, pipeline } of pipelines) if (error !== undefined) printer.explain(error, pipeline);
  for (const {
    codebook,
    report: { error },
  } of codebooks) {
    if (error === undefined) continue;
    printer.note(errorBlock(error, printer.errorStyle, codebook.file));
  }
}
