import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { evaluateEntities } from "./evaluate-entities.ts";
import { readLabelledSet } from "./labelled-set.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "millrace-labelled-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function setOf(...lines: string[]): Promise<string> {
  const file = path.join(folder, "set.jsonl");
  await writeFile(file, `${lines.join("\n")}\n`);
  return file;
}

test("counts right finds, wrong ones, missed ones and wrong values", async () => {
  const file = await setOf(
    '{"id":"a","text":"€5 or €6","entities":[{"type":"money","text":"€5","value":"5"},{"type":"money","text":"€6","value":"7"}]}',
    '{"id":"b","text":"€7 to Nobody","entities":[{"type":"person","text":"Nobody"}]}',
  );
  const { texts, scores, mistakes } = await evaluateEntities(await readLabelledSet(file), { engines: [] });
  expect(texts).toBe(2);
  expect(scores).toEqual([
    { type: "money", labelled: 2, found: 3, right: 2, precision: 2 / 3, recall: 1, f1: 0.8, values: 0.5 },
    { type: "person", labelled: 1, found: 0, right: 0, precision: null, recall: 0, f1: 0, values: null },
    { type: "all", labelled: 3, found: 3, right: 2, precision: 2 / 3, recall: 2 / 3, f1: 2 / 3, values: 0.5 },
  ]);
  expect(mistakes).toEqual([
    { id: "a", kind: "value", type: "money", text: "€6: 6 instead of 7" },
    { id: "b", kind: "missed", type: "person", text: "Nobody" },
    { id: "b", kind: "wrong", type: "money", text: "€7" },
  ]);
});

test.each([
  ["not json", /set\.jsonl:1: it is no JSON/],
  ['{"text":"a","entities":[{"type":"persn","text":"a"}]}', /set\.jsonl:1: entities\.0\.type/],
  ['{"text":"a b","entities":[{"type":"person","text":"c"}]}', /"c" is not in the text/],
  ['{"text":"a b","entities":[{"type":"person","text":"b","start":0}]}', /"b" is not in the text at 0/],
  ["", /no text is in it/],
])("tells what is wrong with a set: %s", async (line, message) => {
  await expect(readLabelledSet(await setOf(line))).rejects.toMatchObject({
    code: "MLR_SOURCE_FORMAT",
    message: expect.stringMatching(message),
  });
});

test("tells that a set is not there", async () => {
  await expect(readLabelledSet(path.join(folder, "none.jsonl"))).rejects.toMatchObject({
    code: "MLR_SOURCE_NOT_FOUND",
  });
});
