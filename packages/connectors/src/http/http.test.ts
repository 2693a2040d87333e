import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import { sourceContract } from "@millrace/core/testing";
import { bodyCursor, http, linkHeader, nextLink, relay } from "./index.ts";
import { apiServer, type ApiServer } from "../../test/http/api-server.ts";
import { readAll } from "../../test/http/read.ts";
import { githubLike, odataLike, relayLike, stripeLike } from "../../test/http/shapes.ts";

const items = Array.from({ length: 8 }, (_, i) => ({
  id: `i${i + 1}`,
  updated_at: `2026-01-0${Math.floor(i / 2) + 1}T00:00:00Z`,
}));

let server: ApiServer;
beforeEach(async () => {
  server = await apiServer({
    "/github": githubLike(() => items),
    "/stripe": stripeLike(() => items),
    "/odata": odataLike(() => items),
    "/graphql": relayLike(() => items),
  });
});
afterEach(() => server.close());

test.each([
  ["github", linkHeader()],
  ["stripe", bodyCursor({ row: "id", more: "$.has_more", param: "starting_after" })],
  ["odata", nextLink({ path: "$['@odata.nextLink']" })],
] as const)("all pages of %s are read, said or found out", async (path, paginate) => {
  const url = `${server.url}/${path}`;
  expect((await readAll({ url, paginate })).rows["http"]).toEqual(items);
  expect((await readAll({ url })).rows["http"]).toEqual(items);
  expect(server.received).toHaveLength(6);
});

test("a GraphQL connection is read to its end", async () => {
  const query =
    "query ($after: String) { orders(after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } }";
  const { rows } = await readAll({
    url: `${server.url}/graphql`,
    graphql: { query },
    paginate: relay({ connection: "$.data.orders" }),
  });
  expect(rows["http"]).toEqual(items);
});

sourceContract({
  name: "http with pages",
  describe,
  it,
  expect,
  expectedRows: { things: items },
  async create() {
    const own = await apiServer({ "/github": githubLike(() => items) });
    const source = http({ url: `${own.url}/github`, stream: "things", paginate: linkHeader() });
    return { source, close: () => own.close() };
  },
});
