import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Row } from "@millrace/core";
import { readContext } from "@millrace/core/testing";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freshDatabase, type FreshDatabase } from "../../packages/connectors/test/fresh-database.ts";
import { type Listing, listingsOn } from "../../examples/properties/site/listing.ts";
import { flats } from "../../examples/properties/flats.ts";
import { startSite } from "../../examples/properties/site/site.ts";
import { run } from "../cli/cli.ts";

const EXAMPLES = path.resolve(import.meta.dirname, "../../examples");

let database: FreshDatabase;
let folder: string;
let client: pg.Client;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "millrace-properties-"));
  database = await freshDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

type Counts = Readonly<Record<string, number>>;

async function crawlOn(day: number, name = "flats"): Promise<Counts | undefined> {
  const { code, stdout, stderr } = await run({
    args: ["run", name, "--param", `day=${day}`, "--json"],
    cwd: EXAMPLES,
    env: { MILLRACE_DATABASE_URL: database.url, MILLRACE_DATA_DIR: folder },
  }).ended;
  expect(code, stdout + stderr).toBe(0);
  const [report] = JSON.parse(stdout) as { tables: Record<string, Counts> }[];
  return report?.tables[name.replace("-", "_")];
}

async function rows<T>(statement: string, ...values: unknown[]): Promise<T[]> {
  return (await client.query(statement, values)).rows as T[];
}

const byId = (day: number): Map<number, Listing> => new Map(listingsOn(day).map((each) => [each.id, each]));
/** What differs on the site between two days, as a crawl has to see it. */
function changes(from: number, to: number): { inserted: number; updated: number; removed: number } {
  const [before, after] = [byId(from), byId(to)];
  const both = [...after.values()].filter(({ id }) => before.has(id));
  return {
    inserted: after.size - both.length,
    updated: both.filter((each) => JSON.stringify(each) !== JSON.stringify(before.get(each.id))).length,
    removed: [...before.keys()].filter((id) => !after.has(id)).length,
  };
}

test.each(["tc", "en"] as const)(
  "every field of every flat is read from the pages in %s",
  async (language) => {
    await using site = await startSite(12);
    const base = `${site.url}${language === "en" ? "/en" : ""}`;
    const found: Row[] = [];
    const source = flats([`${base}/rent`, `${base}/buy`]);
    const directory = path.join(folder, language);
    for await (const message of source.read(readContext({ directory })))
      if (message.type === "rows") found.push(...message.rows);
    expect(found.toSorted((a, b) => Number(a["id"]) - Number(b["id"]))).toEqual(
      listingsOn(12).map((flat) => ({
        id: flat.id,
        title: expect.stringContaining(flat.estate[language]) as string,
        price: String(flat.price),
        saleable_area: flat.saleableFeet,
        gross_area: flat.grossFeet,
        price_per_area: String(Math.round(flat.price / flat.saleableFeet)),
        rooms: flat.rooms,
        floor: flat.floor[language],
        district: flat.district[language],
        estate: flat.estate[language],
        agent: flat.agent,
        posted: flat.posted,
        updated: flat.updated,
        photos: Array.from({ length: flat.photos }, (_, index) => `${flat.id}-${index + 1}.jpg`),
        differs:
          flat.cardPrice === flat.price
            ? null
            : { price: { card: String(flat.cardPrice), page: String(flat.price) } },
      })),
    );
  },
);

test("flats land with every field of their page, and cards that disagree are told of", async () => {
  expect(await crawlOn(3)).toMatchObject({ inserted: listingsOn(3).length, rejected: 0 });
  const [repriced] = listingsOn(3).filter(({ price, cardPrice }) => price !== cardPrice);
  if (repriced === undefined) throw new Error("no card of that day disagrees with its page");
  const [row] = await rows("SELECT *, posted::text, updated::text FROM flats WHERE id = $1", repriced.id);
  expect(row).toMatchObject({
    id: repriced.id,
    title: `${repriced.estate.tc} ${repriced.floor.tc} ${repriced.rooms} 房`,
    price: String(repriced.price),
    saleable_area: repriced.saleableFeet,
    gross_area: repriced.grossFeet,
    price_per_area: String(Math.round(repriced.price / repriced.saleableFeet)),
    rooms: repriced.rooms,
    floor: repriced.floor.tc,
    district: repriced.district.tc,
    estate: repriced.estate.tc,
    agent: repriced.agent,
    posted: repriced.posted,
    updated: repriced.updated,
    photos: Array.from({ length: repriced.photos }, (_, index) => `${repriced.id}-${index + 1}.jpg`),
    differs: { price: { card: String(repriced.cardPrice), page: String(repriced.price) } },
  });
  const studios = listingsOn(3).filter(({ rooms: count }) => count === 0).length;
  expect(await rows("SELECT count(*)::int AS n FROM flats WHERE rooms = 0")).toEqual([{ n: studios }]);
});

test.each<[number, number, string]>([
  [3, 4, "new flats and reductions"],
  [4, 6, "withdrawn ones"],
  [6, 10, "ones that return, and ones that do not"],
])("from day %i to %i the table follows the site: %s", async (from, to, _what) => {
  const counts = await crawlOn(to);
  const { inserted, updated, removed } = changes(from, to);
  expect(inserted + updated + removed).toBeGreaterThan(0);
  expect(counts).toMatchObject({ inserted, updated, removed });
  const back = [...byId(to).keys()].filter((id) => !byId(from).has(id) && byId(3).has(id));
  expect(counts?.["restored"] ?? 0).toBe(back.length);
});

test("the history holds every price that a flat had, and when it was away", async () => {
  const [reduced] = listingsOn(10).filter(
    ({ id, price }) => price !== byId(3).get(id)?.price && byId(6).has(id) && byId(4).has(id),
  );
  const prices = [3, 4, 6, 10].map((day) => String(byId(day).get(reduced?.id ?? 0)?.price));
  const [history] = await rows<{ prices: string[] }>(
    "SELECT array_agg(price::text ORDER BY _version) AS prices FROM flats__history WHERE id = $1 AND 'price' = ANY(_changed)",
    reduced?.id,
  );
  const [now] = await rows<{ price: string }>("SELECT price::text FROM flats WHERE id = $1", reduced?.id);
  expect([...(history?.prices ?? []), now?.price]).toEqual(
    prices.filter((price, index) => price !== prices[index - 1]),
  );
  const away = [...byId(4).keys()].filter((id) => !byId(6).has(id));
  expect(
    await rows(
      "SELECT id FROM flats__history WHERE _operation = 'remove' AND id = ANY($1) ORDER BY id",
      away,
    ),
  ).toEqual(away.map((id) => ({ id })));
});

test("the search gives the same flats, from JSON with HTML in it", async () => {
  expect(await crawlOn(3, "flat-cards")).toMatchObject({ inserted: listingsOn(3).length });
  const found = await rows<{ id: number; price: string; estate: string }>(
    "SELECT id, price::text, estate FROM flat_cards ORDER BY id",
  );
  expect(found).toEqual(
    listingsOn(3).map(({ id, cardPrice, estate }) => ({ id, price: String(cardPrice), estate: estate.en })),
  );
});
