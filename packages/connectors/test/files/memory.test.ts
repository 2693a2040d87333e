import { execFile } from "node:child_process";
import { createWriteStream } from "node:fs";
import path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createGzip } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { temporaryFolder } from "./collect.ts";

const READER = fileURLToPath(new URL("read-all.ts", import.meta.url));
const ROWS = 500_000;
/** About half of what the rows of one file take as objects. */
const HEAP_MB = 64;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder[Symbol.asyncDispose]());

function* content(start: string, row: (id: number) => string, end: string): Generator<string> {
  yield start;
  for (let id = 0; id < ROWS; id += 1_000) {
    let text = "";
    for (let each = id; each < id + 1_000; each++) text += row(each);
    yield text;
  }
  yield end;
}

const text = "some text that makes the row so long that the whole file does not fit into the heap";

test.each([
  ["csv", "a.csv", content("id,word\n", (id) => `${id},${id % 2 === 0 ? text : `"${text},\n"`}\n`, "")],
  ["jsonl", "a.jsonl.gz", content("", (id) => `{"id":${id},"word":"${text}"}\n`, "")],
  [
    "json",
    "a.json",
    content('{"rows":[', (id) => `${id === 0 ? "" : ","}{"id":${id},"word":"${text}"}`, "]}"),
  ],
])("half a million rows of %s are read in a heap that does not hold them", async (kind, name, pieces) => {
  const file = path.join(folder.path, name);
  const out = createWriteStream(file);
  if (name.endsWith(".gz")) await pipeline(Readable.from(pieces), createGzip({ level: 1 }), out);
  else await pipeline(Readable.from(pieces), out);
  const flags = ["--conditions=@millrace/source", `--max-old-space-size=${HEAP_MB}`];
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, READER, kind, file]);
  expect(Number(stdout)).toBe(ROWS);
});
