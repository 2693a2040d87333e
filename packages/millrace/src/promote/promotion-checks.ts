import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { MillraceError } from "@millrace/core";
import { benchProblems, readBenchFigures } from "./bench-figures.ts";
import { runCommand } from "./run-command.ts";

/** One thing that has to hold before a project goes to an environment. */
export interface PromotionCheck {
  readonly name: "tests" | "migrations" | "bench";
  /** `skipped`: there is nothing to check. */
  readonly status: "ok" | "failed" | "skipped";
  readonly message: string;
}

/** What is looked at. */
export interface PromotionOptions {
  readonly root: string;
  /** Such as `prod`: its settings are in `.env.prod`. */
  readonly environment: string;
  /** A shell command. Default `npm test`, where package.json has a script of that name. */
  readonly tests?: string;
  /** File or folder of figures. Default `bench/results`, where there is one. */
  readonly bench?: string;
  /** Figures of what runs there now. Default: none, goals alone count. */
  readonly baseline?: string;
  /** Share by which a ratio may be worse than the baseline's. */
  readonly tolerance: number;
  /** Program and first arguments of Millrace itself. */
  readonly millrace: readonly string[];
  readonly onLine: (line: string) => void;
}

/** Looks at tests, migrations and figures of a project; all of them, also where the first fails. */
export async function promotionChecks(options: PromotionOptions): Promise<readonly PromotionCheck[]> {
  return [await testsCheck(options), await migrationsCheck(options), await benchCheck(options)];
}

async function testsCheck({ root, tests, onLine }: PromotionOptions): Promise<PromotionCheck> {
  const command = tests ?? ((await hasTests(root)) ? "npm test" : undefined);
  if (command === undefined)
    return failed("tests", 'package.json has no script "test": write tests, or say --tests <command>');
  const code = await runCommand({ command, cwd: root, onLine });
  return code === 0
    ? { name: "tests", status: "ok", message: `${command} succeeded` }
    : failed("tests", `${command} ended with ${code}`);
}

async function hasTests(root: string): Promise<boolean> {
  const text = await readFile(join(root, "package.json"), "utf8").catch(() => "{}");
  const { scripts = {} } = JSON.parse(text) as { scripts?: Record<string, string> };
  return scripts["test"] !== undefined;
}

/** Against the databases of the environment: what was applied there has to be what the files say. */
async function migrationsCheck(options: PromotionOptions): Promise<PromotionCheck> {
  const { root, environment, millrace, onLine } = options;
  const file = `.env.${environment}`;
  const path = join(root, file);
  if (!existsSync(path)) {
    throw new MillraceError(
      "MLR_SETTINGS_INVALID",
      `There is no ${file}: nothing is known of "${environment}"`,
      {
        hint: `Put the settings of that environment into ${file}, such as MILLRACE_DATABASE_URL.`,
        details: { environment, file: path },
      },
    );
  }
  const settings = parseEnv(await readFile(path, "utf8")) as Record<string, string>;
  const [program = "", ...before] = millrace;
  const args = [...before, "--project", root, "migrate", "check", "--if-any"];
  const code = await runCommand({ program, args, cwd: root, env: settings, onLine });
  return code === 0
    ? { name: "migrations", status: "ok", message: `The migrations fit the databases of ${environment}` }
    : failed("migrations", `millrace migrate check ended with ${code} for ${environment}`);
}

async function benchCheck({ root, bench, baseline, tolerance }: PromotionOptions): Promise<PromotionCheck> {
  const usual = join(root, "bench", "results");
  const place = bench ?? (existsSync(usual) ? usual : undefined);
  if (place === undefined)
    return { name: "bench", status: "skipped", message: "There are no figures of a bench" };
  const candidate = await readBenchFigures(place);
  const before = baseline === undefined ? [] : await readBenchFigures(baseline);
  const problems = benchProblems(candidate, before, tolerance);
  return problems.length === 0
    ? { name: "bench", status: "ok", message: `${candidate.length} figures reach what they have to` }
    : failed("bench", problems.join("; "));
}

function failed(name: PromotionCheck["name"], message: string): PromotionCheck {
  return { name, status: "failed", message };
}
