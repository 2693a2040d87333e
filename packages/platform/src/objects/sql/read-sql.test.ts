import { describe, expect, test } from "vitest";
import { readSql } from "./read-sql.ts";
import { statementKey } from "./statement-key.ts";

/** Uses as `write sales.orders`, `call procedure refresh`; of a temporary table with `~`. */
async function uses(kind: string, text: string): Promise<string[]> {
  const found = await readSql({ kind, text });
  return found.uses
    .map((each) => {
      const name = each.namespace === undefined ? each.name : `${each.namespace}.${each.name}`;
      const what = each.kind === "table" ? "" : `${each.kind} `;
      return `${each.use} ${what}${name}${each.temporary === true ? "~" : ""}`;
    })
    .toSorted();
}

type Sample = readonly [text: string, ...uses: string[]];

const POSTGRES: readonly Sample[] = [
  [
    'select o.id from sales.orders o join "Customers" c on true where o.id > $1',
    "read Customers",
    "read sales.orders",
  ],
  ["with recent as (select * from orders) select * from recent, (select * from recent) r", "read orders"],
  [
    "with orders as (select * from orders) select * from orders, public.orders",
    "read orders",
    "read public.orders",
  ],
  ["with recursive tree as (select 1 union all select * from tree, nodes) select * from tree", "read nodes"],
  ["with a as (select 1), b as (select * from a, c) select * from b", "read c"],
  ["select (with x as (select 1) select * from x), (select y from x)", "read x"],
  [
    "with moved as (delete from inbox returning *) insert into archive select * from moved",
    "delete inbox",
    "write archive",
  ],
  ["with archive as (select 1) insert into archive select * from archive", "write archive"],
  ["insert into totals select * from orders on conflict do nothing", "read orders", "write totals"],
  [
    "merge into stock s using (select * from deliveries) d on s.id = d.id when matched then delete when not matched then insert values (d.id)",
    "delete stock",
    "read deliveries",
    "write stock",
  ],
  [
    "update orders o set n = t.n from totals t where exists (select from flags)",
    "read flags",
    "read totals",
    "write orders",
  ],
  ["delete from orders using old_orders x where x.id = orders.id", "delete orders", "read old_orders"],
  ["call sales.refresh($1)", "call procedure sales.refresh"],
  ["select refresh_totals($1)", "call function refresh_totals"],
  [
    "select count(*), now() from orders, generate_series(1, 3), get_prices(1)",
    "call function get_prices",
    "read orders",
  ],
  ["create temp table staging as select * from orders", "create staging~", "read orders"],
  ["select * into copied from orders", "create copied", "read orders"],
  ["create view v as select * from a union select * from b", "create view v", "read a", "read b"],
  ["refresh materialized view mv", "write view mv"],
  ["truncate a, s.b", "delete a", "delete s.b"],
  [
    "drop view if exists s.v; drop function f(int); drop table t",
    "drop function f",
    "drop t",
    "drop view s.v",
  ],
  ["alter table orders rename to old; create index on orders (id)", "alter orders"],
  ["copy orders from stdin", "write orders"],
  ["copy (select * from orders) to stdout", "read orders"],
  ["begin; set local lock_timeout = '1s'; insert into a values (1); commit", "write a"],
  ["explain select * from a where b in (select c from d for update)", "read a", "read d"],
  ["select * from pg_class, information_schema.tables, pg_catalog.pg_proc"],
  ["select 'from secrets', $$from more$$, \"from\" from t -- from comments", "read t"],
];

const MARIADB: readonly Sample[] = [
  ["select * from `my db`.`orders` where id > ?", "read my db.orders"],
  ["insert into a (x) values (?) on duplicate key update x = values(x)", "write a"],
  ["replace into a select * from b", "read b", "write a"],
  ["update a join b on a.id = b.id set b.x = a.x", "read a", "write b"],
  ["update a x join (select * from b) y on true set x.n = y.n", "read b", "write a"],
  ["delete x from a x inner join b using (id)", "delete a", "read b"],
  ["delete from a where id in (select id from b)", "delete a", "read b"],
  ["call shop.refresh(?)", "call procedure shop.refresh"],
  ["with x as (select * from a) select * from x, X as y, b", "read a", "read b"],
  ["create temporary table t as select * from a", "create t~", "read a"],
  ["rename table a to b", "alter a", "create b"],
  ["truncate table a; drop table s.b, c", "delete a", "drop c", "drop s.b"],
  ["insert into a select * from information_schema.columns", "write a"],
];

const SQLSERVER: readonly Sample[] = [
  ["select top (10) * from [dbo].[My Orders] o with (nolock) where id > @p1", "read dbo.My Orders"],
  ["exec sales.dbo.refresh @day = @p1", "call procedure sales.dbo.refresh"],
  ["select * into #t from a", "create #t~", "read a"],
  ["update o set n = 1 from a o join b x on x.id = o.id", "read b", "write a"],
  ["update top (10) a set n = 1", "write a"],
  ["delete o from a o join b on b.id = o.id", "delete a", "read b"],
  [
    "merge into a with (holdlock) as t using (values (1)) as s (id) on t.id = s.id when not matched by source then delete;",
    "delete a",
    "write a",
  ],
  ["with x as (select * from a) delete from x where n > 1", "read a"],
  [
    "if exists (select 1 from a) update b set n = 1 else insert into c values (1)",
    "read a",
    "write b",
    "write c",
  ],
  [
    "select * from a cross apply (select top 1 * from b where b.id = a.id) x outer apply dbo.split(a.n) s",
    "call function dbo.split",
    "read a",
    "read b",
  ],
  ["declare @t table (id int); insert into @t values (1); select * from openjson(@p1)"],
];

const CLICKHOUSE: readonly Sample[] = [
  [
    "select * from db.events final prewhere a = 1 where id > {p1:UInt32} limit 10 by id settings max_threads = 2",
    "read db.events",
  ],
  ["insert into a select * from b", "read b", "write a"],
  ["insert into a format JSONEachRow", "write a"],
  ["create materialized view v to a as select id from b", "create view v", "read b", "write a"],
  ["optimize table a final", "alter a"],
  ["select * from numbers(10), system.parts"],
];

describe.each([
  ["postgres", POSTGRES],
  ["mariadb", MARIADB],
  ["sqlserver", SQLSERVER],
  ["clickhouse", CLICKHOUSE],
])("%s", (kind, samples) => {
  test.each(samples)("%s", async (text, ...wanted) => {
    expect(await uses(kind, text)).toEqual(wanted);
  });
});

test("what cannot be parsed is refused, and code in other languages is said to be opaque", async () => {
  await expect(readSql({ kind: "postgres", text: "selec 1" })).rejects.toThrow("syntax error");
  await expect(readSql({ kind: "sqlserver", text: "bulk insert a from 'x.csv'" })).rejects.toThrow(
    "sql parser error",
  );
  expect(await readSql({ kind: "postgres", text: "do $$ begin delete from a; end $$" })).toMatchObject({
    opaque: true,
  });
});

test.each([
  ["select * from a where id = 1 -- one", "select * from a\n where id = 22"],
  ["insert into a values (1, 'x'), (2, 'it''s')", "insert into a values (3, 'y')"],
  ["select * from a where id in (1, 2, 3)", "select * from a where id in (4)"],
])("%s is the same statement as %s", (one, other) => {
  expect(statementKey(one)).toBe(statementKey(other));
});

test.each([
  ["select * from a1", "select * from a2"],
  ['select * from "1"', 'select * from "2"'],
  ["select * from `3`", "select * from `4`"],
  ["select '--' from a", "select '--' from b"],
  ['select "\'" from a', 'select "\'" from b'],
  ["select 'C:\\' from a", "select 'C:\\' from b"],
])("%s is another statement than %s", (one, other) => {
  expect(statementKey(one)).not.toBe(statementKey(other));
});
