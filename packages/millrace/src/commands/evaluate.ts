import { Option } from "commander";
import type { Evaluation, TypeScore } from "@millrace/connectors/entities";
import type { CommandSetup } from "../cli-context.ts";
import { formatCount, formatMany } from "../output/numbers.ts";
import type { Style } from "../output/style.ts";
import { renderTable } from "../output/table.ts";
import { clean } from "../output/text.ts";
import { addCommonOptions, examples } from "../program.ts";

interface Flags {
  readonly language: "auto" | "en" | "de";
  readonly model?: string;
  readonly mistakes?: boolean;
}

/** `millrace evaluate`: how well something is found, measured on texts that people have labelled. */
export const evaluate: CommandSetup = (command, cli) => {
  command.addHelpText("after", examples(["evaluate entities labelled.jsonl"]));
  const sub = command
    .command("entities")
    .description("Find entities in labelled texts, and print precision, recall and F1 of each kind.")
    .argument("<set>", 'JSON Lines of {"text": "…", "entities": [{"type": "person", "text": "…"}]}')
    .addOption(
      new Option("--language <language>", "language of the texts")
        .choices(["auto", "en", "de"])
        .default("auto"),
    )
    .option("--model <folder>", "also ask the transformer model in this folder")
    .option("--mistakes", "print each mistake as well")
    .addHelpText(
      "after",
      examples(["evaluate entities labelled.jsonl", "evaluate entities labelled.jsonl --mistakes --json"]),
    )
    .action(async (file: string, { language, model, mistakes = false }: Flags) => {
      const { evaluateEntities, readLabelledSet } = await import("@millrace/connectors/entities");
      const evaluation = await evaluateEntities(await readLabelledSet(file), {
        language,
        ...(model === undefined ? {} : { transformer: { model } }),
      });
      const { mistakes: all, ...figures } = evaluation;
      const result = mistakes ? { ...figures, mistakes: all } : figures;
      cli.printer.result(result, () => forPeople(evaluation, mistakes, cli.printer.style));
    });
  addCommonOptions(sub, cli.setStart);
};

function forPeople({ texts, scores, mistakes }: Evaluation, listed: boolean, style: Style): string {
  const table = renderTable(
    [
      { title: "type" },
      ...["labelled", "found", "right", "precision", "recall", "F1"].map((title) => ({
        title,
        side: "right" as const,
      })),
    ],
    scores.map(cellsOf),
    { heading: style.dim },
  );
  const head = formatMany(texts, "text");
  if (!listed) return `${head}\n\n${table}`;
  const lines = mistakes.map(({ id, kind, type, text }) => `${clean(id)}: ${kind} ${type} ${clean(text)}`);
  return [head, table, lines.join("\n")].filter((part) => part !== "").join("\n\n");
}

function cellsOf({ type, labelled, found, right, precision, recall, f1 }: TypeScore): string[] {
  return [type, ...[labelled, found, right].map(formatCount), ...[precision, recall, f1].map(ratio)];
}

function ratio(value: number | null): string {
  return value === null ? "–" : value.toFixed(3);
}
