import { resolve } from "node:path";
import { MillraceError } from "@millrace/core";
import { InvalidArgumentError } from "commander";
import type { CliContext, CommandSetup } from "../cli-context.ts";
import { clean } from "../output/text.ts";
import { examples } from "../program.ts";
import { type PromotionCheck, promotionChecks } from "../promote/promotion-checks.ts";

interface PromoteFlags {
  readonly tests?: string;
  readonly bench?: string;
  readonly baseline?: string;
  readonly tolerance: number;
}

/** `millrace promote`: whether the project may go to an environment; refuses where it may not. */
export const promote: CommandSetup = (command, cli) => {
  command
    .argument(
      "<environment>",
      "such as sit or prod, whose settings are in .env.<environment>",
      environmentName,
    )
    .option("--tests <command>", "what has to succeed (default: npm test)")
    .option(
      "--bench <path>",
      "figures of the candidate, a file or a folder (default: bench/results, if there)",
    )
    .option("--baseline <path>", "figures of what runs there now, which the candidate's are compared with")
    .option("--tolerance <share>", "share by which a ratio may be worse than the baseline's", share, 0.1)
    .addHelpText(
      "after",
      `\nChecks the tests, the migrations against the databases of the environment, and the figures of a bench. To bring it there:
millrace deploy user@host --env-file .env.prod
${examples(["promote sit", "promote prod --baseline released/bench --json"])}`,
    )
    .action((environment: string, flags: PromoteFlags) => check(cli, environment, flags));
};

async function check(cli: CliContext, environment: string, flags: PromoteFlags): Promise<void> {
  const { printer, cwd } = cli;
  const { tests, bench, baseline, tolerance } = flags;
  const checks = await promotionChecks({
    root: cli.project().root,
    environment,
    tolerance,
    ...(tests === undefined ? {} : { tests }),
    ...(bench === undefined ? {} : { bench: resolve(cwd, bench) }),
    ...(baseline === undefined ? {} : { baseline: resolve(cwd, baseline) }),
    millrace: [process.execPath, ...process.execArgv, process.argv[1] ?? ""],
    onLine: (line) => printer.note(printer.errorStyle.dim(clean(line))),
  });
  const against = checks.filter(({ status }) => status === "failed");
  if (against.length > 0) {
    throw new MillraceError(
      "MLR_PROMOTE_REFUSED",
      `The project may not go to ${environment}:\n${checks.map((each) => textOf(each)).join("\n")}`,
      {
        hint: "Mend what failed, and ask again.",
        details: { environment, checks: checks.map((each) => ({ ...each })) },
      },
    );
  }
  printer.result({ environment, promoted: true, checks }, () =>
    [...checks.map(textOf), "", `The project may go to ${environment}.`].join("\n"),
  );
}

function textOf({ name, status, message }: PromotionCheck): string {
  const mark = { ok: "✓", failed: "✗", skipped: "·" }[status];
  return `${mark} ${name}: ${clean(message)}`;
}

function environmentName(text: string): string {
  if (/^[A-Za-z0-9][\w-]*$/.test(text)) return text;
  throw new InvalidArgumentError("It must be a name such as sit or prod.");
}

function share(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= 0 && value < 1) return value;
  throw new InvalidArgumentError("It must be a number from 0 to below 1, such as 0.1.");
}
