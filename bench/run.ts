import { readdir } from "node:fs/promises";
import { keep, type BenchResult, type Measured } from "./lib/result.ts";

/** A file of `cases/`: measures and returns its results, or says why it cannot run here. */
interface Case {
  measure(): Promise<Measured[] | { skipped: string }>;
}

const folder = new URL("./cases/", import.meta.url);
const all = (await readdir(folder)).filter((file) => file.endsWith(".ts")).map((file) => file.slice(0, -3));
const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith("-"));
const unknown = wanted.filter((name) => !all.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`There is no bench ${unknown.join(", ")}. There are: ${all.join(", ")}.\n`);
  process.exit(2);
}

const results: BenchResult[] = [];
for (const name of wanted.length > 0 ? wanted : all) {
  process.stderr.write(`${name}\n`);
  const module = (await import(new URL(`${name}.ts`, folder).href)) as Case;
  const measured = await module.measure();
  if ("skipped" in measured) process.stderr.write(`  skipped: ${measured.skipped}\n`);
  else results.push(...(await keep(name, measured)));
}
process.stdout.write(table(results));
process.exit(0);

function table(rows: readonly BenchResult[]): string {
  const cells = [
    ["name", "ours", "peers", "ratio", "goal", "met", "peak MB"],
    ...rows.map((row) => [
      row.name,
      String(row.ours),
      Object.entries(row.peers)
        .map(([peer, value]) => `${peer} ${value}`)
        .join(", "),
      String(row.ratio),
      row.goal ?? "reported",
      row.met === null ? "" : row.met ? "yes" : "NO",
      row.peakMemoryMb === null ? "" : String(row.peakMemoryMb),
    ]),
  ];
  const widths = cells[0]?.map((_, i) => Math.max(...cells.map((line) => line[i]?.length ?? 0))) ?? [];
  return cells
    .map(
      (line) =>
        `${line
          .map((cell, i) => cell.padEnd(widths[i] ?? 0))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}
