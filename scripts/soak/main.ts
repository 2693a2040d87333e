/**
 * Everything at once, with faults: `npm run soak -- --minutes 30 [--out soak-report]`. Pulls, feeds, samples, takes pushed rows and reads files for so long,
 * while processes are killed and stopped and connections ended, and looks at memory, handles, connections and disk. Then every row is counted: none may be
 * missing or double. Writes report.md with plots, and ends with 1 where a row is wrong. Needs Linux (`/proc`).
 */
import { parseArgs } from "node:util";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { checkRows } from "./check-rows.ts";
import { flatness } from "./flatness.ts";
import { lineChart } from "./line-chart.ts";
import { soak } from "./soak.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "30" },
    out: { type: "string", default: "soak-report" },
  },
});
const minutes = Number(values.minutes);
if (!(minutes > 0)) throw new Error("--minutes is a positive number");
const found = await soak(minutes, checkRows);
await mkdir(values.out, { recursive: true });
const series = {
  "memory of all processes, MB": found.samples.map(({ at, memoryMb }) => [at, memoryMb] as const),
  "open files and sockets": found.samples.map(({ at, handles }) => [at, handles] as const),
  "connections to PostgreSQL": found.samples.map(({ at, connections }) => [at, connections] as const),
  "disk of control tables, MB": found.samples.map(({ at, controlMb }) => [at, controlMb] as const),
};
const checks = [
  ...found.checks,
  flatness(
    "memory, MB",
    found.samples.map(({ memoryMb }) => memoryMb),
  ),
  flatness(
    "open files and sockets",
    found.samples.map(({ handles }) => handles),
  ),
  flatness(
    "connections",
    found.samples.map(({ connections }) => connections),
  ),
];
const times = found.faults.map(({ at }) => at);
const pictures: string[] = [];
for (const [title, points] of Object.entries(series)) {
  const file = `${title.split(",")[0]?.replaceAll(" ", "-")}.svg`;
  await writeFile(path.join(values.out, file), lineChart(title, points, times));
  pictures.push(`![${title}](${file})`);
}
const lines = [
  `# Soak of ${minutes} minutes`,
  "",
  ...checks.map(({ what, good, says }) => `- ${good ? "✓" : "✗"} ${what}: ${says}`),
  "",
  `Faults (${found.faults.length}): ${found.faults.map(({ at, name }) => `${name} at ${Math.round(at)} s`).join(", ")}.`,
  "",
  ...pictures,
  "",
];
await writeFile(path.join(values.out, "report.md"), lines.join("\n"));
console.log(lines.slice(0, checks.length + 4).join("\n"));
process.exitCode = checks.every(({ good }) => good) ? 0 : 1;
