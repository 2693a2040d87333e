import { writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Row, Source } from "@millrace/core";
import { sourceContract } from "@millrace/core/testing";
import { csv } from "@millrace/connectors/csv";
import { excel } from "@millrace/connectors/excel";
import { json } from "@millrace/connectors/json";
import { parquet } from "@millrace/connectors/parquet";
import { rows } from "@millrace/connectors/rows";
import { xml } from "@millrace/connectors/xml";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "./collect.ts";

const FIXTURES = fileURLToPath(new URL("../../src", import.meta.url));
const tools = { describe, it, expect };

/** More than one checkpoint's worth. */
const COUNT = 51_000;
const numbers: readonly Row[] = Array.from({ length: COUNT }, (_, id) => ({ id, word: `wörd ${id}` }));
const texts: readonly Row[] = numbers.map((row) => ({ id: String(row["id"]), word: row["word"] }));

function written(source: Source, content: string, all: readonly Row[]): void {
  const stream = source.kind ?? "";
  sourceContract({
    ...tools,
    name: stream,
    expectedRows: { [stream]: all },
    create: async () => {
      const folder = await temporaryFolder();
      await writeFile(path.join(folder.path, "file"), content);
      await writeFile(path.join(folder.path, "second"), stream === "csv" ? "id,word\n" : content.slice(0, 0));
      return {
        source,
        context: { directory: folder.path },
        close: async () => folder[Symbol.asyncDispose](),
      };
    },
  });
}

const lines = texts.map((row) => `${String(row["id"])},"${String(row["word"])}"\n`).join("");
const objects = numbers.map((row) => JSON.stringify(row));

written(csv({ path: ["file", "second"] }), `id,word\n${lines}`, texts);
const elements = texts.map(
  (row) => `<row id="${String(row["id"])}"><word>${String(row["word"])}</word></row>`,
);
written(xml({ path: "file", rows: "/all/row" }), `<all>${elements.join("\n")}</all>`, texts);
written(json({ path: "file", rows: "$.all[*]" }), `{"all":[${objects.join(",")}]}`, numbers);

sourceContract({
  ...tools,
  name: "parquet",
  expectedRows: {
    parquet: Array.from({ length: 10_000 }, (_, id) => ({
      id,
      name: `name ${id % 100}`,
      v: id % 7 === 0 ? null : id / 3,
    })),
  },
  create: async () => ({
    source: parquet({ path: "parquet/fixtures/groups.parquet" }),
    context: { directory: FIXTURES },
  }),
});

sourceContract({
  ...tools,
  name: "excel",
  expectedRows: { excel: [{ only: "x" }] },
  create: async () => ({
    source: excel({ path: "excel/fixtures/openpyxl.xlsx", sheet: 2 }),
    context: { directory: FIXTURES },
  }),
});

sourceContract({
  ...tools,
  name: "rows",
  expectedRows: { rows: numbers },
  create: async () => ({ source: rows(numbers) }),
});
