import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freshDatabase, type FreshDatabase } from "../../packages/connectors/test/fresh-database.ts";
import { testProject, type TestProject } from "../cli/cli.ts";

const CONFIG = `import { defineConfig, postgres } from "millrace";
export default defineConfig({ databases: { lake: postgres({ url: process.env.LAKE_URL, schema: "lake" }) } });
`;
const FOLDER = `import { files, pipeline, rows } from "millrace";
export default pipeline("folder", { source: rows([]), destination: files({ path: "out", format: "jsonl" }).table("x") });
console.log("code of the project may print");
`;
const MESSAGES = [
  {
    type: "SCHEMA",
    stream: "things",
    schema: { properties: { id: { type: "integer" } } },
    key_properties: ["id"],
  },
  { type: "RECORD", stream: "things", record: { id: 1 } },
  { type: "STATE", value: { at: 1 } },
];

let project: TestProject;
let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase();
  const messages = MESSAGES.map((message) => `${JSON.stringify(message)}\n`).join("");
  project = await testProject(
    { "millrace.config.ts": CONFIG, "pipelines/folder.ts": FOLDER, "in.singer": messages },
    { MILLRACE_DATABASE_URL: database.url, LAKE_URL: database.url },
  );
});
afterAll(async () => {
  await project.remove();
  await database.drop();
});

async function land(
  config: Record<string, unknown>,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  await project.write("c.json", JSON.stringify(config));
  return project.millrace("singer-target", "--config", "c.json", "--input", "in.singer");
}

test("a database of the configuration may be the destination", async () => {
  const { code, stdout, stderr } = await land({ destination: "lake" });
  expect([code, stdout], stderr).toEqual([0, '{"at":1}\n']);
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  const { rows } = await client.query("SELECT id FROM lake.things");
  await client.end();
  expect(rows).toEqual([{ id: "1" }]);
});

test("a pipeline may lend its destination, and what the project's code prints stays off stdout", async () => {
  const { code, stdout, stderr } = await land({
    destination: "folder",
    load_method: "append-only",
    name: "to-folder",
  });
  expect([code, stdout], stderr).toEqual([0, '{"at":1}\n']);
  expect(stderr).toContain("code of the project may print");
  const folder = path.join(project.root, "out/things");
  const [file] = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(".jsonl"));
  expect(await readFile(path.join(folder, file ?? ""), "utf8")).toContain('"id":1');
});

test("a name that nothing has is told with the nearest one", async () => {
  const { code, stdout, stderr } = await land({ destination: "lakes" });
  expect([code, stdout]).toEqual([3, ""]);
  expect(stderr).toContain('Did you mean "lake"?');
});
