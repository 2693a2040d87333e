import { openAuthentication } from "../../src/auth/authentication.ts";
import { hashPassword } from "../../src/auth/password-hash.ts";
import { allRoutes } from "../../src/server/all-routes.ts";
import type { ApiServer } from "../../src/server/api-routes.ts";
import { createServer } from "../../src/server/create-server.ts";
import { CHEAP, PASSWORD } from "../auth/auth-bed.ts";
import { type Bed, openBed } from "../bed.ts";
import { tableReader } from "./table-reader.ts";

/** An operation as the OpenAPI document has it. */
export interface Operation {
  readonly operationId: string;
  readonly "x-role"?: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: "path" | "query" | "header";
    readonly required?: boolean;
  }[];
  readonly requestBody?: unknown;
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema?: object }>> }>
  >;
}

/** What is committed as `openapi.json`. */
export interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: object;
}

/** One operation with where it is. */
export interface Route extends Operation {
  readonly method: Method;
  /** With `{name}` for its parameters. */
  readonly path: string;
}
export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** A request of the administrator, who is signed in. */
export interface Ask {
  readonly method: Method;
  /** From `/api/v1` on. */
  readonly url: string;
  /** An object or array is sent as JSON, a text as it is. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

/** All routes of the API, over a control database of its own, with the real sign-in. */
export interface ContractBed {
  readonly bed: Bed;
  readonly server: ApiServer;
  readonly document: ApiDocument;
  readonly routes: readonly Route[];
  /** What the server logged of its own failures. */
  readonly logged: readonly { readonly fields: object; readonly message: string }[];
  /** Signs an administrator in who did nothing before, with the password of all; gives the name. */
  signIn(): Promise<string>;
  ask(ask: Ask): Promise<Answer>;
  close(): Promise<void>;
}

export async function openContractBed(): Promise<ContractBed> {
  const bed = await openBed({
    tables: tableReader(),
    notifications: {
      channels: { ops: () => undefined },
      rules: [{ name: "failures", on: ["run.finished"], to: ["ops"] }],
    },
  });
  const { pool } = bed.control;
  const authentication = openAuthentication({ pool, passwordCost: CHEAP });
  const logged: { fields: object; message: string }[] = [];
  const server = await createServer({
    context: bed.context,
    guard: authentication.guard,
    routes: allRoutes(authentication),
    logger: {
      error: (fields, message) => void logged.push({ fields, message }),
      warn: () => undefined,
    },
    rates: { identity: 1e9, address: 1e9 },
    checkResponses: true,
  });
  const passwordHash = await hashPassword(PASSWORD, CHEAP);
  let admins = 0;
  const document = server.swagger() as unknown as ApiDocument;
  let cookie = "";
  const ask = async ({ method, url, body, headers }: Ask): Promise<Answer> => {
    const answer = await server.inject({
      method,
      url: `/api/v1${url}`,
      headers: { ...PAGE, ...(cookie === "" ? {} : { cookie }), ...headers },
      ...(body === undefined ? {} : { payload: body as object }),
    });
    const { statusCode: status, body: text } = answer;
    if (url === "/auth/sign-in" && status === 200)
      cookie = answer.cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
    return { status, text, type: String(answer.headers["content-type"] ?? "") };
  };
  return {
    bed,
    server,
    document,
    routes: routesOf(document),
    logged,
    async signIn() {
      cookie = "";
      const name = `admin${++admins}`;
      await authentication.users.add({ name, role: "admin", by: "test", passwordHash });
      const body = { name, password: PASSWORD };
      // Requests that were refused before may have used up what an address is allowed.
      await pool.query("DELETE FROM millrace_control.sign_in_failures");
      const { status, text } = await ask({ method: "POST", url: "/auth/sign-in", body });
      if (status !== 200) throw new Error(`The test could not sign in: ${text}`);
      return name;
    },
    ask,
    async close() {
      await server.close();
      await bed.close();
    },
  };
}

/** What our page sends. */
const PAGE = { host: "localhost:8080", origin: "http://localhost:8080", "x-millrace-request": "1" };

function routesOf({ paths }: ApiDocument): readonly Route[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...operation,
      method: method.toUpperCase() as Method,
      path: path.replace(/^\/api\/v1/, ""),
    })),
  );
}
