/**
 * Adds up the JSON reports of several Vitest runs and prints `N passed, N failed, N skipped` as the last line.
 * `node scripts/test-summary.ts --allow-skips <file> <report.json>…`: ends with 1 where a test failed, a report is
 * missing or empty, or a test was skipped whose name holds none of the lines of the file.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { summarize, type VitestReport } from "./summarize.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { "allow-skips": { type: "string" } },
});
const allowed = values["allow-skips"] === undefined ? undefined : readLines(values["allow-skips"]);
const { lines, counts, failed } = summarize(positionals.map(readReport), allowed);
for (const line of lines) console.log(line);
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = failed ? 1 : 0;

function readReport(file: string): { readonly file: string; readonly report: VitestReport | undefined } {
  try {
    return { file, report: JSON.parse(readFileSync(file, "utf8")) as VitestReport };
  } catch {
    return { file, report: undefined };
  }
}

function readLines(file: string): string[] {
  return readFileSync(file, "utf8")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
}
