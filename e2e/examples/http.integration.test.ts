import path from "node:path";
import pg from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { freshDatabase, type FreshDatabase } from "../../packages/connectors/test/fresh-database.ts";
import { apiServer, type ApiServer } from "../../packages/connectors/test/http/api-server.ts";
import { githubLike, relayLike, TokenServer } from "../../packages/connectors/test/http/shapes.ts";
import { run, type Ended } from "../cli/cli.ts";

const EXAMPLE = path.resolve(import.meta.dirname, "../../examples/more/http");

let database: FreshDatabase;
let server: ApiServer;
let issues: { id: number; updated_at: string }[];
beforeEach(async () => {
  database = await freshDatabase();
  const tokens = new TokenServer();
  issues = [1, 2, 3, 4].map((id) => ({ id, updated_at: `2026-01-0${id}T00:00:00Z` }));
  tokens.valid.add("the-example-token");
  server = await apiServer({
    "/token": tokens.route,
    "/graphql": tokens.guard(relayLike(() => [1, 2, 3, 4, 5].map((id) => ({ id, total: id / 4 })))),
    "/user/repos": tokens.guard(
      githubLike(
        () => [
          { id: 1, name: "a" },
          { id: 2, name: "b c" },
        ],
        1,
      ),
    ),
    "/repos/a/issues": tokens.guard(githubLike(() => issues)),
    "/repos/b%20c/issues": tokens.guard(githubLike(() => [])),
  });
});
afterEach(async () => {
  await server.close();
  await database.drop();
});

const millrace = (...args: string[]): Promise<Ended> =>
  run({
    args,
    cwd: EXAMPLE,
    env: {
      MILLRACE_DATABASE_URL: database.url,
      API_URL: server.url,
      API_TOKEN: "the-example-token",
      API_SECRET: "s:cret-value",
    },
  }).ended;

async function tablesOf(...args: string[]): Promise<unknown> {
  const { code, stdout, stderr } = await millrace("run", ...args, "--json");
  expect(code, stderr).toBe(0);
  return (JSON.parse(stdout) as { tables: unknown }[])[0]?.tables;
}

test("the example reads nested resources, and the second time only what is new", async () => {
  expect(await tablesOf("repositories")).toMatchObject({ repos: { inserted: 2 }, issues: { inserted: 4 } });
  issues[0] = { id: 1, updated_at: "2026-02-01T00:00:00Z" };
  server.received.length = 0;
  expect(await tablesOf("repositories")).toMatchObject({
    repos: { unchanged: 2 },
    issues: { read: 1, updated: 1 },
  });
  expect(server.received.map(({ query }) => query.get("since")).filter((since) => since !== null)).toEqual([
    "2026-01-04T00:00:00Z",
  ]);
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  const { rows } = await client.query("SELECT id, repo_id, updated_at::text FROM issues ORDER BY id LIMIT 1");
  await client.end();
  expect(rows).toEqual([{ id: 1, repo_id: 1, updated_at: expect.stringContaining("2026-02-01") as string }]);
});

test("the example reads a GraphQL connection, and its secrets are nowhere in what is kept of the run", async () => {
  expect(await tablesOf("orders")).toMatchObject({ orders: { inserted: 5 } });
  expect(await tablesOf("orders")).toMatchObject({ orders: { unchanged: 5 } });
  const { stdout } = await millrace("runs", "--json");
  expect(stdout).toContain("orders");
  expect(stdout).not.toMatch(/s:cret-value|access-token/);
});
