/**
 * Holds the repository to its rules: `npm run check`, or only some of them: `npm run check -- format lint`.
 * `--fix` mends what can be mended. Ends with 1 if any gate fails, with 2 for an unknown gate.
 */
import { parseArgs } from "node:util";
import type { Gate, GateResult } from "./gates/gate.ts";
import { GATES } from "./gates/index.ts";
import { repositoryRoot } from "./repository-root.ts";

const SHOWN = 60;

interface Outcome {
  readonly gate: Gate;
  readonly result: GateResult;
  readonly seconds: number;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { fix: { type: "boolean", default: false }, help: { type: "boolean", default: false } },
});
process.exitCode = values.help ? help() : await main(positionals, values.fix);

async function main(names: readonly string[], fix: boolean): Promise<number> {
  const unknown = names.filter((name) => !GATES.some((gate) => gate.name === name));
  if (unknown.length > 0) {
    console.error(
      `No gate is called ${unknown.join(", ")}. There are: ${GATES.map(({ name }) => name).join(", ")}.`,
    );
    return 2;
  }
  const chosen = names.length === 0 ? GATES : GATES.filter((gate) => names.includes(gate.name));
  const outcomes: Outcome[] = [];
  for (const [index, gate] of chosen.entries()) {
    const heading = `[${index + 1}/${chosen.length}] ${gate.name}: ${gate.checks}`;
    if (process.stdout.isTTY) process.stdout.write(`${heading} … `);
    const outcome = await runGate(gate, fix);
    const verdict = `${passed(outcome) ? "ok" : "FAILED"} (${outcome.seconds.toFixed(1)} s)`;
    console.log(process.stdout.isTTY ? verdict : `${heading} … ${verdict}`);
    print(outcome);
    outcomes.push(outcome);
  }
  console.log(`\n${table(outcomes)}`);
  return outcomes.every(passed) ? 0 : 1;
}

async function runGate(gate: Gate, fix: boolean): Promise<Outcome> {
  const started = performance.now();
  let result: GateResult;
  try {
    result = await gate.run({ root: repositoryRoot, fix });
    if (result.looked === 0 && result.problems.length === 0) {
      result = { ...result, problems: [`it looked at 0 ${result.unit}, so it can say nothing`] };
    }
  } catch (error) {
    const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
    result = { looked: 0, unit: "things", problems: [`the gate itself failed: ${why}`] };
  }
  return { gate, result, seconds: (performance.now() - started) / 1000 };
}

function passed({ result }: Outcome): boolean {
  return result.problems.length === 0;
}

function print({ result }: Outcome): void {
  const { problems, notes = [], hint } = result;
  for (const problem of problems.slice(0, SHOWN))
    console.log(`      ${problem.replaceAll("\n", "\n      ")}`);
  if (problems.length > SHOWN) console.log(`      … and ${problems.length - SHOWN} more`);
  if (problems.length > 0 && hint !== undefined) console.log(`      → ${hint}`);
  for (const note of notes.slice(0, SHOWN)) console.log(`      note: ${note}`);
}

function table(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map((outcome) => [
    outcome.gate.name,
    passed(outcome) ? "ok" : "FAILED",
    `${outcome.result.looked} ${outcome.result.unit}`,
    passed(outcome) ? "" : `${outcome.result.problems.length} problems`,
    `${outcome.seconds.toFixed(1)} s`,
  ]);
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function help(): number {
  console.log("npm run check [-- [--fix] [gate…]]\n");
  for (const gate of GATES) console.log(`  ${gate.name.padEnd(14)} ${gate.checks}`);
  return 0;
}
