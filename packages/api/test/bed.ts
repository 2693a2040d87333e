import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MillraceError, systemClock } from "@millrace/core";
import {
  openOperations,
  type PipelineDescription,
  registerPipelines,
  RUN_LIMITS,
} from "@millrace/orchestrator";
import {
  type ControlStore,
  loadSettings,
  type NotificationsOptions,
  openControl,
  projectSecrets,
} from "@millrace/platform";
import { startTestPostgres, type TestPostgres } from "@millrace/platform/testing";
import type { InjectOptions, LightMyRequestResponse } from "fastify";
import { type Installation, openInstallation } from "../src/installation.ts";
import { ROUTES } from "../src/manage/routes.ts";
import type { ApiContext } from "../src/server/api-context.ts";
import type { ApiRoutes, ApiServer } from "../src/server/api-routes.ts";
import { createServer } from "../src/server/create-server.ts";
import type { Guard } from "../src/server/guard.ts";
import { type Role, ROLES } from "../src/server/role.ts";
import type { TableReader } from "../src/table-reader.ts";

/** Makes requests as somebody with a role. Say what the answer is like: `get<z.infer<typeof RunPage>>("/runs")`. */
export interface Client {
  get<T = Fields>(url: string, headers?: Headers): Promise<Answer<T>>;
  post<T = Fields>(url: string, body?: object, headers?: Headers): Promise<Answer<T>>;
  put<T = Fields>(url: string, body?: object, headers?: Headers): Promise<Answer<T>>;
  patch<T = Fields>(url: string, body?: object, headers?: Headers): Promise<Answer<T>>;
  delete<T = Fields>(url: string, headers?: Headers): Promise<Answer<T>>;
}

type Headers = Readonly<Record<string, string>>;
type Fields = Readonly<Record<string, unknown>>;

/** What came back. The server has compared it with the route's schema. */
export interface Answer<T> {
  readonly status: number;
  readonly headers: LightMyRequestResponse["headers"];
  readonly text: string;
  /** Parsed, where it is JSON. */
  readonly body: T;
}

/** A control database of its own, and the API over it. */
export interface Bed {
  readonly postgres: TestPostgres;
  readonly control: ControlStore;
  readonly context: ApiContext;
  readonly server: ApiServer;
  /** What the server logged: failures that clients are told an id of. */
  readonly logged: readonly { readonly fields: object; readonly message: string }[];
  /** Requests of somebody with this role, named `test <role>`; paths without `/api/v1`. */
  as(role: Role | "nobody"): Client;
  /** Registers pipelines of these names with what is given of each. */
  register(pipelines: Readonly<Record<string, Partial<PipelineDescription>>>): Promise<void>;
  close(): Promise<void>;
}

export interface BedOptions {
  /** Default: all. */
  readonly routes?: readonly ApiRoutes[] | ((context: ApiContext) => readonly ApiRoutes[]);
  /** Default: one that has no tables. */
  readonly tables?: TableReader;
  /** Of the project's configuration. Default: none. */
  readonly notifications?: NotificationsOptions;
  /** Default: one that knows the clients of `as`. */
  readonly guard?: (context: ApiContext) => Guard;
}

/** Header by which the bed's own guard knows its clients. */
const ROLE_HEADER = "x-test-role";

export async function openBed(options: BedOptions = {}): Promise<Bed> {
  const folder = await mkdtemp(join(tmpdir(), "millrace-api-"));
  const postgres = await startTestPostgres();
  const control = await openControl(await postgres.createDatabase(), { fallbackDirectory: folder });
  const logged: { fields: object; message: string }[] = [];
  const context: ApiContext = {
    pool: control.pool,
    control,
    operations: openOperations({ pool: control.pool, resetState: async () => undefined }),
    tables: options.tables ?? noTables(),
    installation: await installationOf(control, folder, options.notifications),
    clock: systemClock,
  };
  const server = await createServer({
    context,
    guard: options.guard?.(context) ?? roleGuard(),
    routes: typeof options.routes === "function" ? options.routes(context) : (options.routes ?? ROUTES),
    logger: {
      error: (fields, message) => void logged.push({ fields, message }),
      warn: () => undefined,
    },
    checkResponses: true,
  });
  return {
    postgres,
    control,
    context,
    server,
    logged,
    as: (role) => clientOf(server, role === "nobody" ? {} : { [ROLE_HEADER]: role }),
    register: (pipelines) => register(control, pipelines),
    async close() {
      await server.close();
      await control.close();
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Knows who a request is from by a header, as if that had signed in. */
function roleGuard(): Guard {
  return {
    identify: async ({ headers }) => {
      const role = ROLES.find((each) => each === headers[ROLE_HEADER]);
      if (role === undefined) return undefined;
      const place = ROLES.indexOf(role) + 1;
      return { kind: "user", id: `00000000-0000-7000-8000-00000000000${place}`, name: `test ${role}`, role };
    },
  };
}

/** Requests with these headers. */
function clientOf(server: ApiServer, own: Headers): Client {
  const send = async <T>(
    method: NonNullable<InjectOptions["method"]>,
    url: string,
    { body, headers }: { readonly body?: object | undefined; readonly headers?: Headers | undefined } = {},
  ): Promise<Answer<T>> => {
    const answer = await server.inject({
      method,
      url: `/api/v1${url}`,
      headers: { ...own, ...headers },
      ...(body === undefined ? {} : { payload: body }),
    });
    const json = String(answer.headers["content-type"] ?? "").includes("json");
    return {
      status: answer.statusCode,
      headers: answer.headers,
      text: answer.body,
      body: (json ? JSON.parse(answer.body) : undefined) as T,
    };
  };
  return {
    get: (url, headers) => send("GET", url, { headers }),
    post: (url, body, headers) => send("POST", url, { body, headers }),
    put: (url, body, headers) => send("PUT", url, { body, headers }),
    patch: (url, body, headers) => send("PATCH", url, { body, headers }),
    delete: (url, headers) => send("DELETE", url, { headers }),
  };
}

async function register(
  control: ControlStore,
  pipelines: Readonly<Record<string, Partial<PipelineDescription>>>,
): Promise<void> {
  await registerPipelines(control.pool, {
    pipelines: Object.entries(pipelines).map(([name, given]) => ({
      name,
      tags: [],
      file: `pipelines/${name}.ts`,
      parents: [],
      parentRule: "succeeded",
      limits: RUN_LIMITS,
      params: {},
      enabled: true,
      ...given,
    })),
    pools: {},
  });
}

/** A project of which only its master password is set. */
async function installationOf(
  control: ControlStore,
  directory: string,
  notifications: NotificationsOptions | undefined,
): Promise<Installation> {
  const environment = { MILLRACE_MASTER_PASSWORD: "correct horse battery staple" };
  const settings = await loadSettings({ directory, environment });
  const secrets = projectSecrets({
    settings: settings.values,
    directory,
    variables: {},
    control: async () => control,
  });
  return openInstallation({
    settings,
    secretStore: secrets.store,
    notifications,
    secrets: secrets.resolver,
    pool: control.pool,
  });
}

/** A project that has collected nothing. */
function noTables(): TableReader {
  const none = async (table: string): Promise<never> => {
    throw new MillraceError("MLR_TABLE_NOT_FOUND", `There is no table "${table}"`);
  };
  return {
    tables: async () => ({ tables: [], unreachable: [] }),
    rows: none,
    history: none,
    changes: none,
    quarantine: none,
    reprocess: none,
    state: async () => undefined,
    close: async () => undefined,
  };
}
