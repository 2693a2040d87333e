import { execFileSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { cpus, totalmem } from "node:os";

/** One line of a bench's result. */
export interface BenchResult {
  readonly name: string;
  /** What was done, with sizes. */
  readonly work: string;
  /** Median of ours; seconds unless the name says otherwise. */
  readonly ours: number;
  /** Median of each peer, in the same unit, from the same run. */
  readonly peers: Readonly<Record<string, number>>;
  /** Peer ÷ ours for durations: above 1, ours is faster. Ours ÷ base for memory. */
  readonly ratio: number;
  /** What the ratio is to reach, such as `>= 1.1`. Null where the figure is only reported. */
  readonly goal: string | null;
  readonly met: boolean | null;
  readonly peakMemoryMb: number | null;
  readonly machine: string;
  readonly commit: string;
}

/** What a case hands in; the rest is filled in here. */
export type Measured = Omit<BenchResult, "met" | "machine" | "commit">;

/** Judges the measurements against their goals and keeps them in `bench/results/<bench>.json`. */
export async function keep(bench: string, measured: readonly Measured[]): Promise<BenchResult[]> {
  const results = measured.map((each) => ({
    ...each,
    met: judge(each.ratio, each.goal),
    machine: machine(),
    commit: commit(),
  }));
  const folder = new URL("../results/", import.meta.url);
  await mkdir(folder, { recursive: true });
  await writeFile(new URL(`${bench}.json`, folder), `${JSON.stringify(results, null, 2)}\n`);
  return results;
}

/** True where the ratio reaches the goal, `>= n`, `<= n` or `< n`; null without a goal. */
function judge(ratio: number, goal: string | null): boolean | null {
  if (goal === null) return null;
  const [operator, limit] = goal.split(" ");
  const bound = Number(limit);
  if (operator === ">=") return ratio >= bound;
  if (operator === "<=") return ratio <= bound;
  return ratio < bound;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const high = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? high : ((sorted[middle - 1] ?? high) + high) / 2;
}

export const round = (value: number, digits = 3): number => Number(value.toFixed(digits));

function machine(): string {
  return `${cpus().length} × ${cpus()[0]?.model.trim() ?? "unknown"}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`;
}

function commit(): string {
  try {
    return execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
  } catch {
    return "unknown";
  }
}
