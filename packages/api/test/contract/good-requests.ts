import { PASSWORD } from "../auth/auth-bed.ts";
import type { ContractBed, Route } from "./contract-bed.ts";
import type { Seeds } from "./seeds.ts";
import { TABLE } from "./table-reader.ts";

/** What a route is asked, beside its path. */
export interface Good {
  /** Parameters of the path, by name; those not said are found by what the path is about. */
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Default: 200 and its like. */
  readonly status?: number;
}

const PARTS: Readonly<Record<string, (seeds: Seeds) => string>> = {
  pipelines: () => "quakes",
  runs: ({ failed }) => failed,
  backfills: ({ backfill }) => backfill,
  jobs: ({ job }) => job,
  errors: ({ fingerprint }) => fingerprint,
  mutes: ({ mute }) => mute,
  tables: () => TABLE,
  secrets: () => "api.key",
  collectors: () => "feed",
  sampling: () => "plant",
  documents: ({ document }) => document,
  pages: () => "1",
};

/** What the routes need that do not go without: by their operation's id. */
const NEEDS: Readonly<Record<string, (seeds: Seeds, bed: ContractBed) => Good | Promise<Good>>> = {
  resetCheckpoint: () => ({ body: { confirm: "quakes" } }),
  stopRun: ({ queued }) => ({ path: { id: queued } }),
  cancelRun: ({ queued }) => ({ path: { id: queued } }),
  startBackfill: () => ({ body: { pipeline: "quakes", from: "2026-01-01", to: "2026-01-03" } }),
  setSecret: () => ({ body: { value: "hunter2" } }),
  removeSecret: () => ({ query: { confirm: "api.key" } }),
  getCoverage: () => ({ query: { pipeline: "quakes" } }),
  listQualityResults: () => ({ query: { pipeline: "quakes", table: TABLE, rule: "unique id" } }),
  testNotification: () => ({ body: { channel: "ops" } }),
  signOut: () => ({ body: {} }),
  makeSignInLink: () => ({ body: {} }),
  mute: () => ({ body: { pipeline: "quakes", until: new Date(Date.now() + 60_000).toISOString() } }),
  rowHistory: () => ({ query: { key: '{"id":"1"}' } }),
  tableChanges: changes,
  signIn: async (_, bed) => ({ body: { name: await bed.signIn(), password: PASSWORD } }),
  signInByLink: link,
  addUser: () => ({ body: { name: `user${Date.now()}`, role: "viewer" } }),
  changeUser: () => ({ body: { role: "operator" } }),
  createToken: () => ({ body: { name: `token${Date.now()}` } }),
  getMetrics: () => ({ query: { name: "millrace_queue_runs" } }),
  subscribeCollector: () => ({ body: { channels: ["trades:BTC-USDT"] } }),
  pauseContextSampling: context,
  resumeContextSampling: context,
  stopContextSampling: context,
  startContextSampling: context,
  exposeTable: () => ({ path: { name: "prices" }, body: { table: "prices" } }),
  unexposeTable: exposed,
  allowRole: exposed,
  denyRole: exposed,
  createDataKey: () => ({ body: { name: "partner" } }),
  revokeDataKey: async (_, bed) => ({ path: await made(bed, "POST", "/data-api/keys", { name: "partner" }) }),
  save: () => ({ body: { kind: "graphql", name: "all", body: "{ prices { nodes { sku } } }" } }),
  forgetSaved: async (_, bed) => ({
    path: await made(bed, "PUT", "/data-api/saved", { kind: "sql", name: "one", body: "SELECT 1" }),
  }),
  setPassword: () => ({ body: { current: PASSWORD, password: PASSWORD } }),
};

async function exposed(_: Seeds, bed: ContractBed): Promise<Good> {
  await bed.ask({ method: "PUT", url: "/data-api/tables/prices", body: { table: "prices" } });
  return { path: { name: "prices", role: "partner" }, body: {} };
}

async function made(
  bed: ContractBed,
  method: "POST" | "PUT",
  url: string,
  body: object,
): Promise<{ id: string }> {
  const { text } = await bed.ask({ method, url, body });
  return { id: (JSON.parse(text) as { id: string }).id };
}

function context(): Good {
  return { body: { context: 1 } };
}

function changes({ succeeded, failed }: Seeds): Good {
  return { query: { from: succeeded, to: failed } };
}

async function link(_: Seeds, bed: ContractBed): Promise<Good> {
  const { id } = await someUser(bed);
  const made = await bed.ask({ method: "POST", url: `/users/${id}/link`, body: {} });
  return { body: { token: (JSON.parse(made.text) as { token: string }).token } };
}

async function someUser(bed: ContractBed): Promise<{ id: string }> {
  const body = { name: `u${Math.random().toString(36).slice(2)}`, role: "viewer" };
  const { text } = await bed.ask({ method: "POST", url: "/users", body });
  return JSON.parse(text) as { id: string };
}

/** A request to a route that it has to answer well. */
export async function goodRequest(
  bed: ContractBed,
  route: Route,
  seeds: Seeds,
): Promise<{ url: string; body: unknown }> {
  const good = (await NEEDS[route.operationId]?.(seeds, bed)) ?? {};
  const given = good.path ?? {};
  const path: string[] = [];
  for (const part of route.path.split("/")) {
    const name = /^\{(.*)\}$/.exec(part)?.[1];
    path.push(
      name === undefined
        ? part
        : encodeURIComponent(given[name] ?? (await valueFor(bed, path.at(-1) ?? "", seeds))),
    );
  }
  const query = new URLSearchParams(good.query).toString();
  return { url: `${path.join("/")}${query === "" ? "" : `?${query}`}`, body: good.body };
}

async function valueFor(bed: ContractBed, what: string, seeds: Seeds): Promise<string> {
  const known = PARTS[what];
  if (known !== undefined) return known(seeds);
  if (what === "users") return (await someUser(bed)).id;
  if (what === "tokens") {
    const made = await bed.ask({ method: "POST", url: "/tokens", body: { name: `t${Date.now()}` } });
    return (JSON.parse(made.text) as { token: { id: string } }).token.id;
  }
  if (what === "sessions") {
    const { text } = await bed.ask({ method: "GET", url: "/auth/sessions" });
    return (JSON.parse(text) as { items: { id: string }[] }).items[0]?.id ?? "";
  }
  throw new Error(`The contract test does not know what /${what}/{…} may be: add it to good-requests.ts`);
}
