import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { evaluateEntities, readLabelledSet, type TypeScore } from "./index.ts";

const ROOT = path.resolve(import.meta.dirname, "../../../..");
const SET = path.join(ROOT, "examples/entities/labelled.jsonl");

test.each(["all", "x"])(
  "the figures of the guide are those of the labelled set (%s)",
  { timeout: 60_000 },
  async (part) => {
    const texts = await readLabelledSet(SET);
    const { scores } = await evaluateEntities(
      part === "all" ? texts : texts.filter(({ id }) => id.startsWith(part)),
    );
    const guide = await readFile(path.join(ROOT, "docs/guides/entities.md"), "utf8");
    const table = guide.split(`<!-- figures: ${part} -->`)[1]?.trim().split("\n\n")[0] ?? "";
    const rows = table
      .split("\n")
      .slice(2)
      .map((line) =>
        line
          .split("|")
          .slice(1, -1)
          .map((cell) => cell.trim()),
      );
    expect(rows).toEqual(scores.map(cellsOf));
  },
);

test("the labelled set has at least 60 texts, in both languages", async () => {
  const texts = await readLabelledSet(SET);
  expect(texts.filter(({ language }) => language === "en").length).toBeGreaterThanOrEqual(30);
  expect(texts.filter(({ language }) => language === "de").length).toBeGreaterThanOrEqual(30);
});

function cellsOf({ type, labelled, precision, recall, f1 }: TypeScore): string[] {
  const ratio = (value: number | null): string => (value === null ? "–" : value.toFixed(3));
  return [type, String(labelled), ratio(precision), ratio(recall), ratio(f1)];
}
