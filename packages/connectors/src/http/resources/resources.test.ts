import type { Row } from "@millrace/core";
import { failing, memoryDestination, sourceContract } from "@millrace/core/testing";
import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import { http, linkHeader, pages, singlePage } from "../index.ts";
import type { HttpOptions } from "../options.ts";
import { apiServer, type ApiServer, type Route } from "../../../test/http/api-server.ts";
import { readAll, runHttp } from "../../../test/http/read.ts";
import { githubLike } from "../../../test/http/shapes.ts";

type Issue = { number: number; updated_at: string };
let repos: { id: number; name: string; updated_at: string }[];
let issues: Record<string, Issue[]>;
let server: ApiServer;

const day = (n: number): string => `2026-01-${String(n).padStart(2, "0")}T00:00:00Z`;
const issuesOf: Route = (request) => {
  const name = decodeURIComponent(request.path.split("/")[2] ?? "");
  return issues[name] === undefined
    ? { status: 404, json: { message: "Not Found" } }
    : githubLike(() => issues[name]!, 2)(request);
};

beforeEach(async () => {
  repos = Array.from({ length: 5 }, (_, i) => ({ id: i + 1, name: `r ${i + 1}`, updated_at: day(i + 1) }));
  issues = Object.fromEntries(
    repos.map(({ id, name }) => [
      name,
      Array.from({ length: id }, (_, i) => ({ number: i + 1, updated_at: day(i + 1) })),
    ]),
  );
  server = await apiServer({ "/repos": githubLike(() => repos, 2), "/repos/*": issuesOf });
});
afterEach(() => server.close());

const nested = (more: object = {}, parent: object = {}): HttpOptions => ({
  baseUrl: server.url,
  paginate: linkHeader(),
  resources: {
    repos: { path: "/repos", key: ["id"], ...parent },
    issues: {
      parent: "repos",
      path: "/repos/{repos.name}/issues",
      include: { repo_id: "id", repo: "{repos.name}" },
      key: ["repo_id", "number"],
      ...more,
    },
  },
});
const all = (): Row[] =>
  repos.flatMap(({ id, name }) =>
    (issues[name] ?? []).map((issue) => ({ ...issue, repo_id: id, repo: name })),
  );
const byKey = (rows: readonly Row[]): Row[] =>
  rows.toSorted(
    (a, b) => Number(a["repo_id"]) - Number(b["repo_id"]) || Number(a["number"]) - Number(b["number"]),
  );

test("children are read for each row of their parent, whose values go into path and columns", async () => {
  const { rows, messages } = await readAll(nested());
  expect(rows["repos"]).toEqual(repos);
  expect(byKey(rows["issues"] ?? [])).toEqual(all());
  expect(messages.filter(({ type }) => type === "begin" || type === "complete")).toEqual([
    { type: "begin", stream: "repos" },
    { type: "begin", stream: "issues" },
    { type: "complete", stream: "issues" },
    { type: "complete", stream: "repos" },
  ]);
  expect(server.received.map(({ target }) => target)).toContain("/repos/r%201/issues");
});

test("values of the parent go into query, headers of the body and bodies, with their type", async () => {
  server.routes["/search"] = ({ body, query, headers }) => ({
    json: [{ body: JSON.parse(body) as unknown, q: query.get("q"), header: headers["x-repo"] }],
  });
  const { rows } = await readAll({
    baseUrl: server.url,
    resources: {
      repos: { paginate: singlePage() },
      found: {
        parent: "repos",
        path: "/search",
        method: "POST",
        query: { q: "repo:{repos.name}" },
        headers: { "X-Repo": "{repos.id}/{repos.name}" },
        body: { filter: { id: "{repos.id}", names: ["{repos.name}"] } },
        paginate: singlePage(),
      },
    },
  });
  expect(rows["found"]?.[1]).toEqual({
    body: { filter: { id: 2, names: ["r 2"] } },
    q: "repo:r 2",
    header: "2/r 2",
  });
});

test("grandchildren know all above them", async () => {
  server.routes["/deep/*"] = ({ path }) => ({ json: [{ path }] });
  const { rows } = await readAll({
    ...nested(),
    resources: {
      ...nested().resources,
      comments: {
        parent: "issues",
        path: "/deep/{repos.id}/{issues.number}",
        paginate: singlePage(),
        include: { repo: "{repos.name}" },
      },
    },
  });
  expect(rows["comments"]).toHaveLength(15);
  expect(rows["comments"]).toContainEqual({ path: "/deep/5/5", repo: "r 5" });
});

test("what a parent or a child no longer has is removed, whole runs and resumed ones", async () => {
  const memory = memoryDestination();
  const target = memory.tables({ repos: {}, issues: { maxRemovedShare: 1 } });
  await runHttp(nested(), target);
  expect(memory.rows("issues")).toHaveLength(15);
  repos = repos.filter(({ id }) => id !== 2);
  issues["r 5"]!.pop();
  const { tables } = await runHttp(nested(), target);
  expect(tables["issues"]).toMatchObject({ removed: 3, unchanged: 12 });
  expect(tables["repos"]).toMatchObject({ removed: 1 });
});

test("children of parents that changed are replaced parent by parent", async () => {
  const memory = memoryDestination();
  const target = memory.tables({ repos: {}, issues: { maxRemovedShare: 1 } });
  const options = nested({}, { cursor: { field: "updated_at", param: "since" } });
  await runHttp(options, target);
  expect(memory.rows("issues")).toHaveLength(15);
  // The second repository changes and loses an issue; the third loses one without changing.
  repos[1] = { ...repos[1]!, updated_at: day(20) };
  issues["r 2"]!.pop();
  issues["r 3"]!.pop();
  server.received.length = 0;
  const { tables } = await runHttp(options, target);
  expect(server.received.map(({ target: path }) => path)).toEqual([
    `/repos?since=${encodeURIComponent(day(5))}`,
    "/repos/r%202/issues",
  ]);
  expect(tables["issues"]).toMatchObject({ removed: 1, unchanged: 1 });
  expect(memory.rows("issues")).toHaveLength(14);
});

test("each parent's part has a cursor of its own", async () => {
  const memory = memoryDestination();
  const target = memory.tables({ repos: { mode: "upsert" }, issues: { mode: "append" } });
  const options = nested({ cursor: { field: "updated_at", param: "since" } });
  await runHttp(options, target);
  issues["r 1"]!.push({ number: 2, updated_at: day(2) });
  server.received.length = 0;
  await runHttp(options, target);
  expect(memory.rows("issues")).toHaveLength(16);
  expect(
    Object.fromEntries(
      server.received
        .filter(({ path }) => path.endsWith("issues"))
        .map(({ path, query }) => [path, query.get("since")]),
    ),
  ).toEqual(Object.fromEntries([1, 2, 3, 4, 5].map((id) => [`/repos/r%20${id}/issues`, day(id)])));
});

test("whatever fails whenever, each row is added once", async () => {
  for (let seed = 1; seed <= 12; seed++) {
    const memory = memoryDestination();
    const target = memory.tables({ repos: { mode: "append" }, issues: { mode: "append" } });
    const random = { seed, share: 0.3, limit: 6, steps: ["before-commit", "after-commit", "write"] as const };
    const broken = failing(memory, { random });
    const calls = { made: 0 };
    const pass = githubLike(() => repos, 2);
    server.routes["/repos"] = (request) =>
      ++calls.made % 3 === 0 ? { status: 400, json: {} } : pass(request);
    const options = nested();
    let status = "";
    for (let run = 0; run < 30 && status !== "succeeded"; run++) {
      const again = { ...target, destination: () => Promise.resolve(broken) };
      status = (await runHttp(options, again, { commitRows: 2 })).status;
    }
    expect(status).toBe("succeeded");
    const named = (rows: readonly Row[]): string[] =>
      byKey(rows).map(({ repo_id: repo, number }) => `${String(repo)} ${String(number)}`);
    expect(named(memory.rows("issues")), `seed ${seed}`).toEqual(named(all()));
    expect(memory.rows("repos"), `seed ${seed}`).toHaveLength(5);
  }
});

test("partitions are read apart, each from where it came to", async () => {
  const regions: Record<string, Issue[]> = {
    eu: [{ number: 1, updated_at: day(1) }],
    us: [{ number: 2, updated_at: day(9) }],
  };
  server.routes["/r/*"] = (request) => githubLike(() => regions[request.path.slice(3)] ?? [])(request);
  const options: HttpOptions = {
    baseUrl: server.url,
    resources: {
      things: {
        path: "/r/{partition.region}",
        partitions: async () => Object.keys(regions).map((region) => ({ region })),
        include: { region: "{partition.region}" },
        cursor: { field: "updated_at", param: "since" },
      },
    },
  };
  const memory = memoryDestination();
  const target = memory.table("things", { mode: "append" });
  await runHttp(options, target);
  regions["eu"]!.push({ number: 3, updated_at: day(2) });
  regions["asia"] = [{ number: 4, updated_at: day(3) }];
  server.received.length = 0;
  await runHttp(options, target);
  expect(
    memory
      .rows("things")
      .map((row) => `${String(row["region"])} ${String(row["number"])}`)
      .toSorted(),
  ).toEqual(["asia 4", "eu 1", "eu 3", "us 2"]);
  expect(server.received.map(({ target: path }) => path).toSorted()).toEqual([
    "/r/asia",
    `/r/eu?since=${encodeURIComponent(day(1))}`,
    `/r/us?since=${encodeURIComponent(day(9))}`,
  ]);
});

test("a child that is missing may be passed over; then nothing of its table is removed", async () => {
  const memory = memoryDestination();
  const target = memory.tables({ repos: {}, issues: {} });
  const options = nested({ responses: [{ status: 404, action: "ignore" }] });
  await runHttp(options, target);
  delete issues["r 5"];
  const report = await runHttp(options, target);
  expect(report).toMatchObject({ status: "succeeded", tables: { issues: { removed: 0 } } });
  expect(report.withheld).toEqual({
    issues: [expect.stringContaining("/repos/r%205/issues was passed over (status 404)")],
  });
});

test("a parent without the value that its children need is told of, and nothing is removed", async () => {
  server.routes["/repos"] = () => ({
    json: [
      { id: 1, name: "r 1" },
      { id: 2, name: null },
    ],
  });
  const { rows, messages } = await readAll(nested());
  expect(rows["issues"]).toHaveLength(1);
  expect(
    messages.find((message) => message.type === "complete" && message.stream === "issues"),
  ).toMatchObject({
    taints: ["a row of repos has no name, which the requests of issues need"],
  });
});

test("values that would lead elsewhere are refused", async () => {
  server.routes["/repos"] = () => ({ json: [{ id: 1, name: ".." }] });
  await expect(readAll(nested())).rejects.toMatchObject({ code: "MLR_SOURCE_FORMAT" });
  server.routes["/repos"] = () => ({ json: [{ id: 1, name: "a/../b?x#y" }] });
  await expect(readAll(nested())).rejects.toThrow("/repos/a%2F..%2Fb%3Fx%23y/issues answered 404");
});

test.each([
  [{}, "needs `url`, or `baseUrl` and `resources`"],
  [{ url: "ftp://x" }, "is not an http(s) address"],
  [{ url: "http://x", resources: { a: {} } }, "takes either `url`"],
  [
    { baseUrl: "http://x", resources: { a: { parent: "b" } } },
    'the parent of "a" is "b", which is no resource',
  ],
  [{ baseUrl: "http://x", resources: { a: { parent: "b" }, b: { parent: "a" } } }, "parents of each other"],
  [{ baseUrl: "http://x", resources: { a: { path: "/{b.c}" } } }, "which is not known"],
  [{ baseUrl: "http://x", resources: { a: { pth: "/" } } }, 'has no option "resources.a.pth"'],
  [{ url: "http://x", pagination: {} }, 'has no option "pagination"'],
  [{ baseUrl: "http://x", resources: { a: { include: { x: "y" } } } }, "but has no parent"],
])("wrong options are refused before anything is asked: %j", (options, message) => {
  expect(() => http(options as HttpOptions)).toThrow(message);
});

test("an unchanged page is not read again, until it changes", async () => {
  let version = 1;
  server.routes["/one"] = ({ headers }) =>
    headers["if-none-match"] === `"v${version}"`
      ? { status: 304, body: "" }
      : { json: [{ id: 1, version }], headers: { etag: `"v${version}"` } };
  const memory = memoryDestination();
  const target = memory.table("one", { key: ["id"] });
  const options = { url: `${server.url}/one` };
  await runHttp(options, target);
  expect((await runHttp(options, target)).tables["one"]).toMatchObject({ read: 1, unchanged: 1 });
  version = 2;
  expect((await runHttp(options, target)).tables["one"]).toMatchObject({ updated: 1 });
  expect(server.received.map(({ headers }) => headers["if-none-match"])).toEqual([undefined, '"v1"', '"v1"']);
  await runHttp(options, target, { full: true });
  expect(server.received.at(-1)?.headers).not.toHaveProperty("if-none-match");
});

test("secrets are in no checkpoint, and the next run fills them in", async () => {
  server.routes["/x"] = ({ query }) => {
    const page = Number(query.get("page") ?? 1);
    const next = `/x?page=${page + 1}&api_key=${query.get("api_key")}&n=1`;
    return { json: { data: [{ id: page }], next: page < 3 ? next : null } };
  };
  const options: HttpOptions = {
    url: `${server.url}/x`,
    auth: { kind: "api-key", name: "api_key", value: "the/secret-key", in: "query" },
  };
  const { messages } = await readAll(options);
  expect(JSON.stringify(messages)).not.toMatch(/secret-key/);
  const states = messages.filter((message) => message.type === "checkpoint");
  const rest = await readAll(options, {
    checkpoints: new Map([["http", states[1]!.state]]),
    openEpochs: [{ id: "1", stream: "http", taints: [] }],
  });
  expect(rest.rows["http"]).toEqual([{ id: 2 }, { id: 3 }]);
});

test("budgets hold for hosts and routes, and for what the server tells of its limit", async () => {
  const { hurriedClock } = await import("../../../test/http/read.ts");
  const clock = hurriedClock();
  const budget = [
    { requests: 2, per: "10 seconds" },
    { route: "/repos/*/issues", requests: 1, per: "1 minute" },
  ];
  await readAll({ ...nested({ paginate: pages() }), budget }, { clock });
  expect(clock.slept.reduce((sum, ms) => sum + ms, 0)).toBeGreaterThanOrEqual(60_000 * 10);

  let left = 2;
  const told = hurriedClock();
  server.routes["/limited"] = ({ query }) => {
    if (left === 0) left = 2;
    left--;
    return {
      json: query.get("page") === "4" ? [] : [{ id: query.get("page") }],
      headers: { ratelimit: `"default";r=${left};t=20` },
    };
  };
  await readAll({ url: `${server.url}/limited`, paginate: pages() }, { clock: told });
  expect(told.slept).toEqual([20_000]);
});

sourceContract({
  name: "http with parents and children",
  describe,
  it,
  expect,
  expectedRows: {
    repos: [
      { id: 1, name: "a" },
      { id: 2, name: "b" },
      { id: 3, name: "c" },
    ],
    issues: [1, 2, 3].flatMap((repo) => [1, 2, 3].map((number) => ({ number, repo }))),
  },
  async create() {
    const own = await apiServer({
      "/repos": githubLike(() => ["a", "b", "c"].map((name, i) => ({ id: i + 1, name })), 2),
      "/repos/*": githubLike(() => [1, 2, 3].map((number) => ({ number })), 2),
    });
    const source = http({
      baseUrl: own.url,
      resources: {
        repos: {},
        issues: { parent: "repos", path: "/repos/{repos.name}/issues", include: { repo: "id" } },
      },
    });
    return { source, close: () => own.close() };
  },
});

sourceContract({
  name: "http with partitions",
  describe,
  it,
  expect,
  expectedRows: { things: ["x", "y", "z"].flatMap((part) => [1, 2, 3].map((id) => ({ id, part }))) },
  async create() {
    const own = await apiServer({ "/p/*": githubLike(() => [1, 2, 3].map((id) => ({ id })), 2) });
    const partitions = ["x", "y", "z"].map((part) => ({ part }));
    const source = http({
      baseUrl: own.url,
      resources: {
        things: { path: "/p/{partition.part}", partitions, include: { part: "{partition.part}" } },
      },
    });
    return { source, close: () => own.close() };
  },
});
