import { expect, test } from "vitest";
import { renderTable } from "./table.ts";

test("columns are as wide as their widest cell, numbers stand right, and no line ends in spaces", () => {
  const table = renderTable(
    [{ title: "name" }, { title: "rows", side: "right" }, { title: "note" }],
    [
      ["東京", "1,234", ""],
      ["a", "5", "x"],
    ],
  );
  expect(table.split("\n")).toEqual(["name   rows  note", "東京  1,234", "a         5  x"]);
});
