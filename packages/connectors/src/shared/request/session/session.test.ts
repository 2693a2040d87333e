import { afterEach, beforeEach, expect, it } from "vitest";
import { apiServer, type ApiServer } from "../../../../test/http/api-server.ts";
import { createClient, session, type RequestClient } from "../../../request/index.ts";

let server: ApiServer;
let client: RequestClient;
beforeEach(async () => {
  server = await apiServer();
  client = createClient();
});
afterEach(async () => {
  await client.close();
  await server.close();
});

const sets = (...cookies: string[]): (() => { body: string; headers: Record<string, string[]> }) => {
  return () => ({ body: "", headers: { "set-cookie": cookies } });
};
const at = (path: string): string => server.url + path;

it("sends cookies back to whom they are for, also those that a redirect sets", async () => {
  server.routes["/login"] = () => ({
    status: 302,
    body: "",
    headers: { location: "/home", "set-cookie": ["id=1; HttpOnly", "area=x; Path=/shop"] },
  });
  server.routes["/home"] = () => ({ body: "home" });
  server.routes["/shop/a"] = () => ({ body: "shop" });
  const visit = session();
  await client.request(at("/login"), { form: { user: "a" }, session: visit });
  await client.request(at("/shop/a"), { session: visit, headers: { cookie: "own=2" } });
  await client.request(at("/home"));
  const cookies = server.received.map(({ path, headers }) => [path, headers.cookie]);
  expect(cookies).toEqual([
    ["/login", undefined],
    ["/home", "id=1"],
    ["/shop/a", "own=2; area=x; id=1"],
    ["/home", undefined],
  ]);
});

it("asks a page once more that sets a cookie and sends back to itself", async () => {
  server.routes["/gate"] = ({ headers }) =>
    headers.cookie === "seen=1"
      ? { body: "in" }
      : { status: 302, body: "", headers: { location: "/gate", "set-cookie": "seen=1" } };
  expect((await client.request(at("/gate"), { session: session() })).body).toBe("in");
  await expect(client.request(at("/gate"))).rejects.toThrow(/in a circle/);
});

it("is saved as JSON and restored, without what has expired", async () => {
  server.routes["/a"] = sets(
    "keep=1; Max-Age=3600",
    "gone=1; Max-Age=1",
    "visit=1",
    "x=1; Domain=example.com",
  );
  const visit = session({ id: "anna", headers: { "Accept-Language": "zh-HK" } });
  await client.request(at("/a"), { session: visit });
  expect(visit.cookies.refused).toBe(1);
  const text = JSON.stringify(visit.save(Date.now() + 2_000));
  const again = session({ saved: JSON.parse(text) });
  expect(again.id).toBe("anna");
  await client.request(at("/a"), { session: again });
  expect(server.received[1]?.headers).toMatchObject({
    "accept-language": "zh-HK",
    cookie: "keep=1; visit=1",
  });
  expect(() => session({ saved: {} as never })).toThrow(
    expect.objectContaining({ code: "MLR_ARGUMENT_INVALID" }),
  );
});

it("takes one of its header sets, always the same for the same id", () => {
  const headerSets = Array.from({ length: 5 }, (_, index) => ({ "user-agent": `agent ${index}` }));
  const agents = Array.from(
    { length: 40 },
    (_, id) => session({ id: `v${id}`, headerSets }).headers["user-agent"],
  );
  expect(new Set(agents).size).toBe(5);
  expect(session({ id: "v7", headerSets }).headers["user-agent"]).toBe(agents[7]);
});

it("lets no site fill memory or requests with cookies", async () => {
  const cookies = (from: number, count: number): string[] =>
    Array.from({ length: count }, (_, index) => `c${from + index}=${"x".repeat(300)}`);
  let from = 0;
  server.routes["/bomb"] = () => ({ body: "", headers: { "set-cookie": cookies((from += 100), 40) } });
  server.routes["/long"] = sets(`long=${"x".repeat(5_000)}`);
  const visit = session();
  for (let index = 0; index < 10; index++) await client.request(at("/bomb"), { session: visit });
  await client.request(at("/long"), { session: visit });
  expect(visit.save().cookies.length).toBeLessThanOrEqual(50);
  expect(visit.cookies.refused).toBeGreaterThan(300);
  expect(server.received.at(-1)?.headers.cookie?.length).toBeLessThanOrEqual(8_192);
  expect(visit.save().cookies.some(({ name }) => name === "long")).toBe(false);
});
