import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  bodyCursor,
  headerCursor,
  linkHeader,
  nextLink,
  offsets,
  pages,
  relay,
  singlePage,
} from "../index.ts";
import { apiServer, type ApiServer, type Received, type Reply } from "../../../test/http/api-server.ts";
import { readAll } from "../../../test/http/read.ts";
import { odataLike, relayLike } from "../../../test/http/shapes.ts";
import { parseLinkHeader } from "./link-header.ts";

const items = Array.from({ length: 7 }, (_, i) => ({ id: i + 1 }));
let server: ApiServer;
beforeEach(async () => void (server = await apiServer()));
afterEach(() => server.close());

const route = (answer: (request: Received) => Reply): void => void (server.routes["/x"] = answer);
const read = (more: object = {}, context: object = {}): ReturnType<typeof readAll> =>
  readAll({ url: `${server.url}/x`, ...more }, context);
const targets = (): string[] => server.received.map(({ target }) => target);
const slice = (from: number, size: number): typeof items => items.slice(from, from + size);

test("pages are counted until an empty one", async () => {
  route(({ query }) => ({ json: slice((Number(query.get("p")) - 1) * 3, 3) }));
  const { rows, messages } = await read({ paginate: pages({ param: "p", size: 3 }) });
  expect(rows["http"]).toEqual(items);
  expect(targets()).toEqual([1, 2, 3, 4].map((page) => `/x?p=${page}&per_page=3`));
  expect(messages.at(-1)).toEqual({ type: "complete", stream: "http" });
});

test("pages end where the answer says how many there are, or that there are no more", async () => {
  route(({ query }) => ({ json: { data: slice(Number(query.get("page")) * 3, 3), meta: { pages: "3" } } }));
  expect((await read({ paginate: pages({ start: 0, totalPages: "$.meta.pages" }) })).rows["http"]).toEqual(
    items,
  );
  expect(server.received).toHaveLength(3);
  route(({ query }) => ({
    json: { data: slice((Number(query.get("page")) - 1) * 3, 3), more: query.get("page") !== "3" },
  }));
  expect((await read({ paginate: pages({ more: "more" }) })).rows["http"]).toEqual(items);
  expect(server.received).toHaveLength(6);
});

test("offsets follow the rows that came, where the server gives fewer than asked for", async () => {
  route(({ query }) => ({
    json: slice(Number(query.get("offset")), Math.min(2, Number(query.get("limit")))),
  }));
  expect((await read({ paginate: offsets({ size: 100 }) })).rows["http"]).toEqual(items);
  expect(targets()).toEqual([0, 2, 4, 6, 7].map((offset) => `/x?offset=${offset}&limit=100`));
});

test("offsets end at the total, and go into a body where that is wanted", async () => {
  route(({ body }) => {
    const { page } = JSON.parse(body) as { page: { from: number; size: number } };
    return { json: { rows: slice(page.from, page.size), total: 7 } };
  });
  const paginate = offsets({
    size: 3,
    param: "page.from",
    sizeParam: "page.size",
    in: "body",
    total: "$.total",
  });
  expect((await read({ paginate, body: { q: "x" } })).rows["http"]).toEqual(items);
  expect(server.received.map(({ body }) => body)).toEqual(
    [0, 3, 6].map((from) => JSON.stringify({ q: "x", page: { from, size: 3 } })),
  );
});

test("several pages are asked for at the same time, and come in their order", async () => {
  let together = 0;
  let most = 0;
  server.routes["/x"] = async ({ query }) => {
    most = Math.max(most, ++together);
    await new Promise((resolve) => setTimeout(resolve, query.get("page") === "1" ? 30 : 5));
    together--;
    return { json: slice((Number(query.get("page")) - 1) * 2, 2) };
  };
  expect((await read({ paginate: pages({ ahead: 4 }) })).rows["http"]).toEqual(items);
  expect(most).toBe(4);
});

test("a cursor in the body goes into the query until it is null, empty or missing", async () => {
  for (const end of [{ next: null }, { next: "" }, {}]) {
    route(({ query }) => {
      const from = Number(query.get("after") ?? 0);
      return { json: { data: slice(from, 3), ...(from + 3 < 7 ? { next: from + 3 } : end) } };
    });
    expect((await read({ paginate: bodyCursor({ path: "$.next", param: "after" }) })).rows["http"]).toEqual(
      items,
    );
  }
});

test("a cursor in a header goes on", async () => {
  route(({ query }) => {
    const page = Number(query.get("page") ?? 1);
    return { json: slice((page - 1) * 3, 3), headers: { "X-Next-Page": page < 3 ? String(page + 1) : "" } };
  });
  expect(
    (await read({ paginate: headerCursor({ header: "X-Next-Page", param: "page" }) })).rows["http"],
  ).toEqual(items);
  expect((await read()).rows["http"]).toEqual(items);
});

test("links are found in any well-formed header", () => {
  const links = parseLinkHeader([
    '<https://x/?a=1,2&b=";">; title="a, \\"b\\"; rel=no"; rel="prev  start", <?page=3>;rel=next',
    '</last>; rel="last"; rel="ignored"',
  ]);
  expect(Object.fromEntries(links)).toEqual({
    prev: 'https://x/?a=1,2&b=";"',
    start: 'https://x/?a=1,2&b=";"',
    next: "?page=3",
    last: "/last",
  });
});

test("one page is one request, whatever the answer says", async () => {
  server.routes["/x"] = odataLike(() => items);
  expect((await read({ paginate: singlePage() })).rows["http"]).toEqual(items.slice(0, 3));
  expect(server.received).toHaveLength(1);
});

describe("found out from the first answer", () => {
  test.each([
    ["next_cursor", "cursor", (from: number) => ({ next_cursor: String(from) })],
    ["nextPageToken", "pageToken", (from: number) => ({ nextPageToken: String(from) })],
    [
      "response_metadata.next_cursor",
      "cursor",
      (from: number) => ({ response_metadata: { next_cursor: String(from) } }),
    ],
  ])("%s", async (_, param, next) => {
    route(({ query }) => {
      const from = Number(query.get(param) ?? 0);
      return { json: { items: slice(from, 3), ...(from + 3 < 7 ? next(from + 3) : {}) } };
    });
    expect((await read()).rows["http"]).toEqual(items);
  });

  test.each([
    ["next", (link: string | null) => ({ next: link })],
    [
      "_links.next.href",
      (link: string | null) => ({ _links: link === null ? {} : { next: { href: link } } }),
    ],
    [
      "links.next, relative",
      (link: string | null) => ({ links: { next: link?.replace(/^http:\/\/[^/]+/, "") ?? null } }),
    ],
  ])("%s", async (_, next) => {
    route(({ query, headers }) => {
      const from = Number(query.get("from") ?? 0);
      return {
        json: {
          results: slice(from, 3),
          ...next(from + 3 < 7 ? `http://${headers.host}/x?from=${from + 3}` : null),
        },
      };
    });
    expect((await read()).rows["http"]).toEqual(items);
  });

  test("numbers of pages", async () => {
    route(({ query }) => {
      const page = Number(query.get("page") ?? 1);
      return { json: { data: slice((page - 1) * 3, 3), meta: { current_page: page, last_page: 3 } } };
    });
    expect((await read()).rows["http"]).toEqual(items);
    expect(server.received).toHaveLength(3);
  });

  test("where there seems to be more than can be reached, nothing is removed and that is said", async () => {
    route(() => ({ json: { data: slice(0, 3), total: 7 } }));
    const { messages, logs } = await read();
    expect(messages.at(-1)).toMatchObject({ type: "complete", taints: [expect.stringContaining("total 7")] });
    expect(logs[0]).toMatchObject({
      level: "warn",
      message: expect.stringContaining("there seems to be more") as string,
    });
  });
});

describe("pages that would never end", () => {
  test("a cursor that comes again ends the reading with a warning, and nothing is removed", async () => {
    const next: Record<string, string> = { "": "a", a: "b", b: "c", c: "a" };
    route(({ query }) => ({
      json: { data: [{ id: query.get("cursor") ?? "" }], next_cursor: next[query.get("cursor") ?? ""] },
    }));
    const { rows, logs, messages } = await read();
    expect(rows["http"]).toEqual([{ id: "" }, { id: "a" }, { id: "b" }, { id: "c" }]);
    expect(logs).toMatchObject([
      {
        level: "warn",
        message: expect.stringContaining("leads back to a page that was read already") as string,
      },
    ]);
    expect(messages.at(-1)).toHaveProperty("taints");
  });

  test("a server that does not know the parameter is not read twice", async () => {
    route(() => ({ json: items }));
    const { rows, logs, messages } = await read({ paginate: pages() });
    expect(rows["http"]).toEqual(items);
    expect(logs[0]?.message).toContain("the server seems to ignore the parameter of pages");
    expect(messages.at(-1)).toHaveProperty("taints");
  });

  test("reading ends after maxPages with a warning, and nothing is removed", async () => {
    route(({ query }) => ({
      json: {
        data: [{ id: Number(query.get("cursor") ?? 0) }],
        next_cursor: Number(query.get("cursor") ?? 0) + 1,
      },
    }));
    const { rows, logs, messages } = await read({ maxPages: 5 });
    expect(rows["http"]).toHaveLength(5);
    expect(logs[0]?.message).toContain("after 5 pages (maxPages)");
    expect(messages.at(-1)).toMatchObject({ taints: [expect.stringContaining("maxPages")] });
  });

  test("empty pages are passed over where the server says that there is more, but not for ever", async () => {
    route(({ query }) => {
      const at = Number(query.get("cursor") ?? 0);
      return { json: { data: at === 3 ? [{ id: 1 }] : [], next_cursor: at + 1 } };
    });
    const { rows, messages } = await read({ rows: "$.data" });
    expect(rows["http"]).toEqual([{ id: 1 }]);
    expect(server.received).toHaveLength(14);
    expect(messages.at(-1)).toMatchObject({ taints: [expect.stringContaining("10 empty pages in a row")] });
  });
});

test("what is no address or cursor is told", async () => {
  route(() => ({ json: { data: [{ id: 1 }], next: "http://[" } }));
  await expect(read({ paginate: nextLink({ path: "$.next" }) })).rejects.toMatchObject({
    code: "MLR_SOURCE_FORMAT",
  });
  route(() => ({ json: [{ id: 1 }], headers: { link: "<ftp://x/y>; rel=next" } }));
  await expect(read({ paginate: linkHeader() })).rejects.toMatchObject({ code: "MLR_SOURCE_FORMAT" });
  route(() => ({ json: { data: [{ id: 1 }], next: { a: 1 } } }));
  await expect(read({ paginate: bodyCursor({ path: "$.next" }) })).rejects.toMatchObject({
    code: "MLR_SOURCE_FORMAT",
  });
  expect(() => bodyCursor({ param: "x" })).toThrow("needs either `path` or `row`");
  expect(() => nextLink({ path: "$.a[*]" })).toThrow("must be a path to one value");
});

test("errors in a GraphQL answer fail the run, unless what came is wanted", async () => {
  server.routes["/x"] = relayLike(() => items, 100);
  const graphql = { query: "{ orders { nodes { id } pageInfo { hasNextPage endCursor } } }" };
  const paginate = relay({ connection: "$.data.orders" });
  expect((await read({ graphql, paginate })).rows["http"]).toEqual(items);
  route(() => ({
    json: {
      data: { orders: { edges: [{ node: { id: 1 } }], pageInfo: { hasNextPage: false } } },
      errors: [{ message: "no access", path: ["orders", 3, "price"] }],
    },
  }));
  await expect(read({ graphql, paginate })).rejects.toMatchObject({
    code: "MLR_SOURCE_FAILED",
    retry: "never",
    message: expect.stringContaining("GraphQL error at orders.3.price: no access") as string,
  });
  const { rows, messages } = await read({ graphql: { ...graphql, partial: true }, paginate });
  expect(rows["http"]).toEqual([{ id: 1 }]);
  expect(messages.at(-1)).toMatchObject({ taints: [expect.stringContaining("no access")] });
});
