import type { RunEvent, StatementRecord, TouchedObject } from "@millrace/core";
import { expect, test } from "vitest";
import { ObjectFinder } from "./object-finder.ts";

const statement = (text: string, more: Partial<StatementRecord> = {}): RunEvent => ({
  type: "statement",
  database: "crm",
  kind: "postgres",
  operation: "query",
  text,
  durationMs: 1,
  ...more,
});

/** What a finder tells of some statements. */
async function found(...statements: readonly RunEvent[]): Promise<TouchedObject[]> {
  const told: TouchedObject[] = [];
  const finder = new ObjectFinder((objects) => told.push(...objects));
  for (const each of statements) finder.observe(each);
  await finder.close(new Map(), 30_000);
  return told;
}
const short = (objects: readonly TouchedObject[]): string[] =>
  objects.map(({ database, kind, use, name }) => `${database} ${use} ${kind} ${name}`);

test("each thing is told once for each use and database, also of loads and calls", async () => {
  const told = await found(
    statement("select * from orders where id = 1"),
    statement("select * from orders where id = 2"),
    statement("select id from orders"),
    statement("select * from orders", { database: "shop" }),
    statement('INSERT INTO "sales"."totals" ("day")', { operation: "load" }),
    statement("CALL refresh", { operation: "call" }),
    statement("CALL dbo.refresh", { operation: "call", kind: "sqlserver", database: "erp" }),
    statement("COMMIT", { operation: "transaction" }),
    statement("select * from failed", { error: { code: "MLR_DATABASE_FAILED", message: "no" } }),
  );
  expect(short(told)).toEqual([
    "crm read table orders",
    "shop read table orders",
    "crm write table totals",
    "crm call procedure refresh",
    "erp call procedure refresh",
  ]);
});

test("tables that a session makes for itself are not told", async () => {
  const told = await found(
    statement("create temp table staging (id int)"),
    statement("insert into staging select id from orders"),
    statement("drop table staging"),
    statement("select * from public.staging"),
  );
  expect(short(told)).toEqual(["crm read table orders", "crm read table staging"]);
});

test("what cannot be read is told without its values, and what follows is read", async () => {
  const told = await found(
    statement("selec * from orders where card = '4111 1111'"),
    statement(`select ${"1 + ".repeat(15_000)} 1 from sums`, { kind: "mariadb" }),
    statement(`select '${"x".repeat(70_000)}'`),
    statement("do $$ begin delete from a; end $$"),
    statement("select * from orders", { kind: "mariadb" }),
  );
  expect(short(told)).toEqual([
    "crm unknown statement select ?",
    "crm unknown statement selec * from orders where card = ?",
    expect.stringMatching(/^crm unknown statement select \? \+ /) as string,
    "crm unknown statement do $$ begin delete from a; end $$",
    "crm read table orders",
  ]);
});

test("a finder that is closed at once tells what it had no time to read", async () => {
  const told: TouchedObject[] = [];
  const finder = new ObjectFinder((objects) => told.push(...objects));
  finder.observe(statement("select * from orders"));
  await finder.close(new Map(), 0);
  expect(short(told)).toEqual(["crm unknown statement select * from orders"]);
  await finder.close();
});
