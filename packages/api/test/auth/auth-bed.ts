import type { z } from "zod";
import { manualClock } from "@millrace/core/testing";
import type { AuthOptions } from "../../src/auth/auth-options.ts";
import { type Authentication, openAuthentication } from "../../src/auth/authentication.ts";
import { hashPassword, type PasswordCost } from "../../src/auth/password-hash.ts";
import type { Me } from "../../src/auth/schemas.ts";
import { allRoutes } from "../../src/server/all-routes.ts";
import type { Role } from "../../src/server/role.ts";
import { type Bed, openBed } from "../bed.ts";

/** So that tests do not wait for what is slow on purpose. */
export const CHEAP: PasswordCost = { logN: 8, r: 8, p: 1 };
export const PASSWORD = "four words nobody joins";

/** An answer, with the cookies that it sets. */
export interface AuthAnswer<T> {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: T;
  readonly text: string;
  readonly cookies: readonly {
    readonly name: string;
    readonly value: string;
    readonly [field: string]: unknown;
  }[];
}

/** What a browser sends, besides its cookies. */
export interface Ask {
  readonly method?: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  readonly address?: string;
  /** Headers of our page that are left out. */
  readonly without?: readonly string[];
}

/** A browser: keeps cookies, and sends what our page sends. */
export class Browser {
  readonly #bed: AuthBed;
  readonly cookies = new Map<string, string>();
  readonly address: string;

  constructor(bed: AuthBed, address: string) {
    this.#bed = bed;
    this.address = address;
  }

  async ask<T = Record<string, unknown>>(url: string, ask: Ask = {}): Promise<AuthAnswer<T>> {
    const headers: Record<string, string> = {
      host: "localhost:8080",
      origin: "http://localhost:8080",
      "x-millrace-request": "1",
      ...ask.headers,
    };
    for (const name of ask.without ?? []) delete headers[name];
    if (this.cookies.size > 0) {
      headers["cookie"] = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    }
    const answer = await ask_(this.#bed, url, { ...ask, headers, address: ask.address ?? this.address });
    for (const { name, value } of answer.cookies) {
      if (value === "") this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return answer as AuthAnswer<T>;
  }

  post<T = Record<string, unknown>>(url: string, body: object = {}, ask: Ask = {}): Promise<AuthAnswer<T>> {
    return this.ask<T>(url, { ...ask, method: "POST", body });
  }

  /** Signs in with the password of all users of the bed. */
  async signIn(name: string, password = PASSWORD): Promise<AuthAnswer<z.infer<typeof Me>>> {
    return this.post("/auth/sign-in", { name, password });
  }
}

/** The API with the real sign-in over a control database of its own, at a time that tests set. */
export interface AuthBed {
  readonly bed: Bed;
  readonly auth: Authentication;
  readonly clock: ReturnType<typeof manualClock>;
  browser(address?: string): Browser;
  /** Adds a user with the password of all of them; returns the id. */
  user(name: string, role: Role): Promise<string>;
  /** A browser whose user of this name and role is signed in. */
  signedIn(name: string, role: Role): Promise<Browser>;
  /** Makes an API token of a user, and returns what sends it. */
  token(
    user: string,
    role: Role,
    limits?: { groups?: string[]; pipelines?: string[] },
  ): Promise<Record<string, string>>;
  /** A request of a program: without cookies and what pages send. */
  program<T = Record<string, unknown>>(url: string, ask?: Ask): Promise<AuthAnswer<T>>;
  /** Forgets all users and what they did. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

export async function openAuthBed(options: Omit<AuthOptions, "pool" | "clock"> = {}): Promise<AuthBed> {
  const clock = manualClock(Date.UTC(2026, 10, 22, 12));
  let auth: Authentication | undefined;
  const open = (pool: AuthOptions["pool"]): Authentication =>
    (auth ??= openAuthentication({ passwordCost: CHEAP, ...options, pool, clock }));
  const bed = await openBed({
    guard: ({ pool }) => open(pool).guard,
    routes: ({ pool }) => allRoutes(open(pool)),
  });
  const made = open(bed.control.pool);
  const self: AuthBed = {
    bed,
    auth: made,
    clock,
    browser: (address = "127.0.0.1") => new Browser(self, address),
    async user(name, role) {
      return (
        await made.users.add({ name, role, by: "test", passwordHash: await hashPassword(PASSWORD, CHEAP) })
      ).id;
    },
    async signedIn(name, role) {
      await self.user(name, role);
      const browser = self.browser();
      await browser.signIn(name);
      return browser;
    },
    async token(user, role, limits = {}) {
      const expiresAt = new Date(clock.now() + 86_400_000);
      const { secret } = await made.tokens.create({ name: "test", user, role, expiresAt, ...limits });
      return { authorization: `Bearer ${secret}` };
    },
    program: async (url, ask = {}) => (await ask_(self, url, ask)) as AuthAnswer<never>,
    async clear() {
      await bed.control.pool.query(
        "TRUNCATE millrace_control.users, millrace_control.audit, millrace_control.sign_in_failures CASCADE",
      );
    },
    close: () => bed.close(),
  };
  return self;
}

async function ask_({ bed }: AuthBed, url: string, ask: Ask): Promise<AuthAnswer<unknown>> {
  const answer = await bed.server.inject({
    method: ask.method ?? "GET",
    url: `/api/v1${url}`,
    headers: { host: "localhost:8080", ...ask.headers },
    remoteAddress: ask.address ?? "127.0.0.1",
    ...(ask.body === undefined ? {} : { payload: ask.body }),
  });
  const json = String(answer.headers["content-type"] ?? "").includes("json");
  return {
    status: answer.statusCode,
    headers: answer.headers,
    text: answer.body,
    body: json ? JSON.parse(answer.body) : undefined,
    cookies: answer.cookies,
  };
}
