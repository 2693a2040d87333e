import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { benchProblems, readBenchFigures } from "./bench-figures.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-bench-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const figure = (ratio: number, goal: string | null = null, met: boolean | null = null, name = "append") => ({
  name,
  ratio,
  goal,
  met,
});

test("a goal that is not met speaks against the candidate", () => {
  expect(benchProblems([figure(0.9, ">= 1.1", false)], [], 0.1)).toEqual([
    '"append" has the ratio 0.9, and is to reach >= 1.1',
  ]);
  expect(benchProblems([figure(1.2, ">= 1.1", true)], [], 0.1)).toEqual([]);
});

test("a ratio may be worse than before by the tolerance, and no more", () => {
  expect(benchProblems([figure(0.9)], [figure(1)], 0.1)).toEqual([]);
  expect(benchProblems([figure(0.89)], [figure(1)], 0.1)).toHaveLength(1);
  expect(benchProblems([figure(5)], [figure(1)], 0.1)).toEqual([]);
});

test("where less is better, more is worse", () => {
  const memory = (ratio: number) => figure(ratio, "<= 2", true, "memory");
  expect(benchProblems([memory(1.1)], [memory(1)], 0.1)).toEqual([]);
  expect(benchProblems([memory(1.2)], [memory(1)], 0.1)).toHaveLength(1);
  expect(benchProblems([memory(0.2)], [memory(1)], 0.1)).toEqual([]);
});

test("a figure that only one side has is not compared", () => {
  expect(benchProblems([figure(1, null, null, "new")], [figure(1)], 0.1)).toEqual([]);
});

test("figures are read from a file or from all of a folder, and nothing else is", async () => {
  await writeFile(join(folder, "a.json"), JSON.stringify([figure(1)]));
  await writeFile(
    join(folder, "b.json"),
    JSON.stringify([{ ...figure(2, null, null, "b"), machine: "any" }]),
  );
  expect((await readBenchFigures(folder)).map(({ name }) => name)).toEqual(["append", "b"]);
  expect(await readBenchFigures(join(folder, "a.json"))).toHaveLength(1);
  await writeFile(join(folder, "c.json"), '{"no":"array"}');
  await expect(readBenchFigures(folder)).rejects.toMatchObject({ code: "MLR_ARGUMENT_INVALID" });
  await expect(readBenchFigures(join(folder, "none"))).rejects.toMatchObject({
    code: "MLR_ARGUMENT_INVALID",
  });
});
