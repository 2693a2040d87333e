import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { asMillraceError, MillraceError } from "@millrace/core";
import { z } from "zod";

const figure = z.looseObject({
  name: z.string().min(1),
  ratio: z.number(),
  goal: z.string().nullish(),
  met: z.boolean().nullish(),
});

/** One figure of a bench: a ratio, above which ours is better unless its goal says `<`. */
export type BenchFigure = z.infer<typeof figure>;

/**
 * The figures of a file, or of all JSON files of a folder: arrays as `npm run bench` writes them.
 * Fails with MLR_ARGUMENT_INVALID where there are none, or they are not such arrays.
 */
export async function readBenchFigures(path: string): Promise<readonly BenchFigure[]> {
  let found: readonly BenchFigure[];
  try {
    const folder = (await stat(path)).isDirectory();
    const files = folder ? (await readdir(path)).filter((name) => name.endsWith(".json")).toSorted() : [""];
    const read = async (name: string): Promise<BenchFigure[]> =>
      z.array(figure).parse(JSON.parse(await readFile(name === "" ? path : join(path, name), "utf8")));
    found = (await Promise.all(files.map(read))).flat();
  } catch (error) {
    throw asMillraceError(error, "MLR_ARGUMENT_INVALID", `Figures of a bench in ${path}`);
  }
  if (found.length > 0) return found;
  throw new MillraceError("MLR_ARGUMENT_INVALID", `${path} has no figures of a bench`, {
    hint: "Write them with npm run bench, or say where they are with --bench.",
    details: { path },
  });
}

/**
 * What speaks against the candidate: goals that are not met, and ratios that are worse than the baseline's by more than
 * `tolerance` (0.1: a tenth). Figures that only one side has are not compared.
 */
export function benchProblems(
  candidate: readonly BenchFigure[],
  baseline: readonly BenchFigure[],
  tolerance: number,
): readonly string[] {
  const before = new Map(baseline.map((each) => [each.name, each]));
  const problems: string[] = [];
  for (const { name, ratio, goal, met } of candidate) {
    if (met === false)
      problems.push(`"${name}" has the ratio ${ratio}, and is to reach ${goal ?? "its goal"}`);
    const earlier = before.get(name);
    if (earlier === undefined) continue;
    const smallerIsBetter = goal?.startsWith("<") === true;
    const bound = earlier.ratio * (smallerIsBetter ? 1 + tolerance : 1 - tolerance);
    if (smallerIsBetter ? ratio > bound : ratio < bound)
      problems.push(`"${name}" has the ratio ${ratio}, and had ${earlier.ratio}`);
  }
  return problems;
}
