import { readTable, relationalDestination } from "@millrace/connectors/relational";
import { destinationContract } from "@millrace/core/testing";
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it, test } from "vitest";
import { sqliteDialect } from "../../examples/more/new-destination/connectors/sqlite/sqlite-dialect.ts";
import { relationalChecks } from "../../packages/connectors/test/relational-checks.ts";
import { pageSteps } from "../docs/page.ts";
import { run } from "../cli/cli.ts";

const EXAMPLE = path.resolve(import.meta.dirname, "../../examples/more/new-destination");
const GUIDE = path.resolve(import.meta.dirname, "../../docs/guides/new-destination.md");

destinationContract({
  name: "SQLite",
  describe,
  it: (name, body) => it(name, body),
  expect,
  create: async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "millrace-sqlite-"));
    const file = path.join(folder, "test.db");
    const dialect = sqliteDialect(file, false);
    return {
      destination: relationalDestination(dialect),
      rows: (table) => readTable(dialect, table),
      async tamper(table, key, values) {
        const database = new DatabaseSync(file);
        for (const [column, value] of Object.entries(values)) {
          const statement = `UPDATE ${table} SET ${column} = ? WHERE ${Object.keys(key).join()} = ?`;
          database.prepare(statement).run(String(value), BigInt(Number(Object.values(key)[0])));
        }
        database.close();
      },
      close: () => rm(folder, { recursive: true, force: true }),
    };
  },
});

relationalChecks("SQLite", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "millrace-sqlite-"));
  return {
    dialect: sqliteDialect(path.join(folder, "test.db"), false),
    close: () => rm(folder, { recursive: true, force: true }),
  };
});

test("a project with a destination of its own merges, and tells updates and removals", async () => {
  const cwd = await mkdtemp(path.join(tmpdir(), "millrace-example-"));
  try {
    await cp(EXAMPLE, cwd, { recursive: true });
    const report = async (): Promise<unknown> => {
      const { code, stdout, stderr } = await run({ args: ["run", "prices", "--json"], cwd, env: {} }).ended;
      expect(code, stderr).toBe(0);
      return (JSON.parse(stdout) as { tables: Record<string, unknown> }[])[0]?.tables["prices"];
    };
    expect(await report()).toMatchObject({ inserted: 3 });
    const file = path.join(cwd, "data/prices.csv");
    const text = await readFile(file, "utf8");
    await writeFile(file, text.replace("1.20", "1.25").replace(/^plum.*\n/m, ""));
    expect(await report()).toMatchObject({ updated: 1, unchanged: 1, removed: 1 });
  } finally {
    await rm(cwd, { recursive: true, force: true });
  }
});

test("the guide shows the example's own files", async () => {
  const shown = pageSteps(await readFile(GUIDE, "utf8")).flatMap((step) =>
    step.kind === "file" ? [step] : [],
  );
  const files = (await readdir(EXAMPLE, { recursive: true })).filter((file) => file.startsWith("connectors"));
  const sources = files.filter((file) => file.endsWith(".ts")).map((file) => file.replaceAll("\\", "/"));
  expect(shown.map((step) => step.path)).toEqual(expect.arrayContaining(sources));
  for (const step of shown.filter(({ path: file }) => sources.includes(file)))
    expect(step.text, step.path).toBe(await readFile(path.join(EXAMPLE, step.path), "utf8"));
});
