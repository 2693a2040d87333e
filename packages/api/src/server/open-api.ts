import { resolve } from "node:path";
import { systemClock } from "@millrace/core";
import { type ControlStore, controlPool } from "@millrace/platform";
import { openAuthentication } from "../auth/authentication.ts";
import { administratorExists } from "../auth/first-start.ts";
import type { OidcOptions } from "../auth/oidc/oidc-options.ts";
import type { Installation } from "../installation.ts";
import type { Operations } from "../operations.ts";
import type { TableReader } from "../table-reader.ts";
import { allRoutes } from "./all-routes.ts";
import type { ApiLogger } from "./api-logger.ts";
import { createServer, type ObserveRequest } from "./create-server.ts";
import { listen } from "./listen.ts";

/** What the API is opened with. */
export interface OpenApiOptions {
  /** The control database. Who opens it closes it, after the API. */
  readonly control: ControlStore;
  /** What steers runs, schedules and tasks. */
  readonly operations: Operations;
  /** What reads the collected data. Who opens it closes it. */
  readonly tables: TableReader;
  /** The project's settings, secrets and channels, as they may be shown. */
  readonly installation: Installation;
  /** Where failures of requests are told with all that is known of them. */
  readonly logger: ApiLogger;
  /** Address to listen on. Default `127.0.0.1`. */
  readonly host?: string | undefined;
  /** Default: 8080, or the next that is free. */
  readonly port?: number | undefined;
  /** The address by which people reach it, behind a reverse proxy. Default: the one it listens on. */
  readonly publicUrl?: string | undefined;
  /** Addresses or networks of reverse proxies whose `X-Forwarded-*` headers are believed. Default: none. */
  readonly trustedProxies?: readonly string[] | undefined;
  /** A service that signs people in. Default: none. */
  readonly oidc?: OidcOptions | undefined;
  /** Is told of each request that was answered, for metrics. Default: nobody is. */
  readonly observe?: ObserveRequest | undefined;
  /** Folder of the built dashboard. Default: a page says that there is none. */
  readonly dashboard?: string | undefined;
}

/** The API, listening. */
export interface OpenedApi {
  /** Where people reach it, without a slash at its end. */
  readonly url: string;
  /** The port was taken, and another one was found. */
  readonly moved: boolean;
  /** Signs the first administrator in, once, within minutes; undefined where there is one. */
  readonly firstSignIn: string | undefined;
  /** Takes no more requests, waits some seconds for those that go on, and ends. Idempotent. */
  close(): Promise<void>;
}

/** Connections to the control database for requests, beside those of whoever else works in this process. */
const CONNECTIONS = 10;
/** Time for requests that go on when the server is closed. */
const CLOSE_MS = 5_000;

/**
 * Serves the management API, live updates and the dashboard. Fails with MLR_SETTINGS_INVALID where it cannot listen, and
 * with MLR_CONTROL_UNAVAILABLE.
 */
export async function openApi(options: OpenApiOptions): Promise<OpenedApi> {
  const { control, operations, tables, installation, logger, dashboard, trustedProxies } = options;
  const publicUrl = options.publicUrl === undefined ? undefined : new URL(options.publicUrl);
  const pool = controlPool(control.url, { max: CONNECTIONS, name: "millrace api" });
  const authentication = openAuthentication({
    pool,
    publicUrl,
    oidc: options.oidc,
    logger,
    tableOwner: ownerOf(tables),
  });
  try {
    const server = await createServer({
      context: { pool, control, operations, tables, installation, clock: systemClock },
      guard: authentication.guard,
      routes: allRoutes(authentication),
      logger,
      ...(options.observe === undefined ? {} : { observe: options.observe }),
      ...(dashboard === undefined ? {} : { dashboard: resolve(dashboard) }),
      ...(publicUrl === undefined ? {} : { publicUrl }),
      ...(trustedProxies === undefined ? {} : { trustedProxies }),
    });
    const { url, moved } = await listen(server, { host: options.host, port: options.port });
    const address = publicUrl?.origin ?? url;
    const first = (await administratorExists(pool))
      ? undefined
      : await authentication.links.create({ by: "first start" });
    return {
      url: address,
      moved,
      firstSignIn: first === undefined ? undefined : `${address}${first.path}`,
      close: once(async () => {
        const force = setTimeout(() => server.server.closeAllConnections(), CLOSE_MS);
        await server.close();
        clearTimeout(force);
        await pool.end();
      }),
    };
  } catch (error) {
    await pool.end();
    throw error;
  }
}

/** Which pipeline writes a table, for tokens that may read some pipelines only. */
function ownerOf(tables: TableReader): (table: string) => Promise<string | undefined> {
  return async (id) => {
    const { tables: known } = await tables.tables();
    const { pipelines = [] } = known.find((each) => each.id === id) ?? {};
    return pipelines.length === 1 ? pipelines[0] : undefined;
  };
}

function once(close: () => Promise<void>): () => Promise<void> {
  let closed: Promise<void> | undefined;
  return () => (closed ??= close());
}
