import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PIPELINE_LISTS } from "../../src/auth/token-scope.ts";
import { type Role, ROLES, suffices } from "../../src/server/role.ts";
import { type Ask, type AuthAnswer, type AuthBed, type Browser, openAuthBed } from "./auth-bed.ts";

/** One operation of the OpenAPI document. */
interface Operation {
  readonly method: NonNullable<Ask["method"]>;
  /** With values in place of parameters, without `/api/v1`. */
  readonly url: string;
  readonly path: string;
  readonly role: Role | "public";
  readonly query: readonly string[];
}

interface Document {
  readonly paths: Readonly<
    Record<
      string,
      Readonly<
        Record<
          string,
          {
            readonly "x-role"?: Role | "public";
            readonly security?: readonly object[];
            readonly parameters?: readonly { readonly name: string; readonly in: string }[];
          }
        >
      >
    >
  >;
}

/** What nobody has to sign in for: the page's shell aside, this and nothing else. */
const PUBLIC = [
  "GET /auth/methods",
  "GET /auth/oidc",
  "GET /auth/oidc/callback",
  "GET /health",
  "GET /openapi.json",
  "POST /auth/link",
  "POST /auth/sign-in",
];
/** What everybody may change: their own sessions, password and tokens. */
const OWN = [
  "DELETE /auth/sessions/{id}",
  "DELETE /tokens/{id}",
  "POST /auth/password",
  "POST /auth/sign-out",
  "POST /tokens",
];
/** What only administrators may even look at. */
const ADMIN_ONLY = /^\/(users|audit)(\/|$)/;

let bed: AuthBed;
let operations: readonly Operation[];
const tokens = new Map<Role, Record<string, string>>();
const browsers = new Map<Role, Browser>();
let limited: Record<string, string>;

beforeAll(async () => {
  bed = await openAuthBed();
  operations = operationsOf((await bed.program<Document>("/openapi.json")).body);
  for (const role of ROLES) {
    const id = await bed.user(`a ${role}`.replace(" ", "-"), role);
    tokens.set(role, await bed.token(id, role));
    const browser = bed.browser();
    await browser.signIn(`a-${role}`);
    browsers.set(role, browser);
    if (role === "admin") limited = await bed.token(id, "viewer", { pipelines: ["mine"] });
  }
});
afterAll(() => bed.close());

function operationsOf({ paths }: Document): readonly Operation[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method: method.toUpperCase() as Operation["method"],
      path: path.replace("/api/v1", ""),
      url: path
        .replace("/api/v1", "")
        .replaceAll("{id}", "0198c2a4-0000-7000-8000-000000000000")
        .replaceAll(/\{\w+\}/g, "none"),
      role: operation["x-role"] ?? "public",
      query: (operation.parameters ?? []).filter((each) => each.in === "query").map(({ name }) => name),
    })),
  );
}

const nameOf = ({ method, path }: Operation): string => `${method} ${path}`;

/** Asks for each operation, and names those whose answer is not as expected. */
async function failing(
  which: readonly Operation[],
  ask: (operation: Operation) => Promise<AuthAnswer<Record<string, unknown>>>,
  expected: (answer: AuthAnswer<Record<string, unknown>>) => boolean,
): Promise<readonly string[]> {
  const wrong: string[] = [];
  for (const operation of which) {
    const answer = await ask(operation);
    if (!expected(answer)) wrong.push(`${nameOf(operation)}: ${answer.status} ${answer.text}`);
  }
  return wrong;
}

/** Another address for each request, so that the limit of requests is no reason. */
let next = 0;
const address = (): string => `10.1.${Math.floor(++next / 250)}.${next % 250}`;

/** Something that no route takes, so that nothing is done where nothing keeps it from being done. */
const body = (method: string): { readonly body?: object } =>
  method === "GET" ? {} : { body: { none: true } };

const byProgram =
  (headers: Readonly<Record<string, string>>) =>
  ({ method, url }: Operation): Promise<AuthAnswer<Record<string, unknown>>> =>
    bed.program(url, { method, headers, address: address(), ...body(method) });

describe("every route of the OpenAPI document", () => {
  it("needs to be signed in, but for those that cannot", () => {
    expect(operations.length).toBeGreaterThan(100);
    expect(
      operations
        .filter(({ role }) => role === "public")
        .map(nameOf)
        .toSorted(),
    ).toEqual(PUBLIC);
  });

  it("takes an operator at least where it changes something, but for what is one's own", () => {
    const changing = operations.filter(({ method, role }) => method !== "GET" && role !== "public");
    expect(
      changing
        .filter(({ role }) => role === "viewer")
        .map(nameOf)
        .toSorted(),
    ).toEqual(OWN);
  });

  it("takes an administrator where it is about users, the audit log or the values of secrets", () => {
    const wrong = operations.filter(
      ({ path, method, role }) =>
        (ADMIN_ONLY.test(path) || (path.startsWith("/secrets/") && method !== "GET")) && role !== "admin",
    );
    expect(wrong.map(nameOf)).toEqual([]);
  });

  it.each([
    ["nothing", {}],
    [
      "a token that does not exist",
      { authorization: "Bearer mlr_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" },
    ],
    ["a password in place of a token", { authorization: "Basic YWRhOmFkYQ==" }],
    [
      "a session that does not exist",
      { cookie: "millrace-session-8080=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" },
    ],
  ])("answers 401 to whoever sends %s", async (_, headers) => {
    const guarded = operations.filter(({ role }) => role !== "public");
    expect(
      await failing(
        guarded,
        byProgram({ "x-millrace-request": "1", ...headers }),
        ({ status, body: told }) => status === 401 && told["code"] === "MLR_SIGN_IN_REQUIRED",
      ),
    ).toEqual([]);
  });

  it.each(ROLES)("lets a token that is %s do what its role allows, and nothing else", async (role) => {
    const headers = tokens.get(role) ?? {};
    const [may, mayNot] = split(role);
    expect(await failing(mayNot, byProgram(headers), isDenied)).toEqual([]);
    expect(
      await failing(may, byProgram(headers), (answer) => !isDenied(answer) && answer.status !== 401),
    ).toEqual([]);
  });

  it.each(ROLES)("lets somebody who is %s do no more than their role allows", async (role) => {
    const [, mayNot] = split(role);
    const ask = ({ method, url }: Operation): Promise<AuthAnswer<Record<string, unknown>>> =>
      bed
        .browser()
        .ask(url, { method, address: address(), ...body(method), headers: { cookie: cookies(role) } });
    expect(await failing(mayNot, ask, isDenied)).toEqual([]);
    expect(mayNot.length > 0).toBe(role !== "admin");
  });

  it("is closed to a token of some pipelines, but for what tells about them", async () => {
    const open = operations.filter(
      ({ role, path, method }) => role !== "public" && !(method === "GET" && path === "/auth/me"),
    );
    expect(
      await failing(
        open,
        byProgram(limited),
        ({ status, body: told }) => status === 403 && told["code"] === "MLR_ACCESS_DENIED",
      ),
    ).toEqual([]);
  });

  it("that lists what belongs to pipelines takes the pipeline, as tokens of some pipelines rely on it", () => {
    for (const path of PIPELINE_LISTS) {
      const operation = operations.find((each) => each.path === path && each.method === "GET");
      expect([path, operation?.query.includes("pipeline")]).toEqual([path, true]);
    }
  });
});

function split(role: Role): readonly [may: readonly Operation[], mayNot: readonly Operation[]] {
  const guarded = operations.filter((each) => each.role !== "public");
  const allowed = (each: Operation): boolean => each.role !== "public" && suffices(role, each.role);
  return [guarded.filter(allowed), guarded.filter((each) => !allowed(each))];
}

/** Refused for its role, not for another reason. */
function isDenied({ status, body: told }: AuthAnswer<Record<string, unknown>>): boolean {
  const { needed } = (told?.["details"] ?? {}) as { readonly needed?: unknown };
  return status === 403 && told["code"] === "MLR_ACCESS_DENIED" && needed !== undefined;
}

function cookies(role: Role): string {
  return [...(browsers.get(role)?.cookies ?? [])].map(([name, value]) => `${name}=${value}`).join("; ");
}
