import { expect, test } from "vitest";
import { pipelineFiles, STARTERS } from "./pipeline-files.ts";

test.each(STARTERS)("a pipeline from %s has at most 15 lines", (from) => {
  const text = pipelineFiles("quakes", from)["pipelines/quakes.ts"] ?? "";
  expect(text.trimEnd().split("\n").length).toBeLessThanOrEqual(15);
  expect(text).toContain('pipeline("quakes"');
});

test("the table's name is the pipeline's in snake case", () => {
  expect(pipelineFiles("Daily-prices.v2", "csv")["pipelines/Daily-prices.v2.ts"]).toContain(
    'table("daily_prices_v2"',
  );
});
