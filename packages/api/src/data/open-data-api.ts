import { systemClock } from "@millrace/core";
import { type ControlStore, controlPool } from "@millrace/platform";
import type { ApiLogger } from "../server/api-logger.ts";
import { listen } from "../server/listen.ts";
import { graphqlRoutes } from "./graphql/graphql-routes.ts";
import type { DataRates } from "./keys/rate-book.ts";
import { SavedBodies } from "./saved/saved-bodies.ts";
import { createDataServer } from "./server/create-data-server.ts";
import { openDataService } from "./server/data-service.ts";

/** What the data API is opened with. */
export interface OpenDataApiOptions {
  /** The control database. Who opens it closes it, after the data API. */
  readonly control: ControlStore;
  /** Connection URL of the database with the tables, or of a read replica of it. */
  readonly url: string;
  /** Where failures of requests are told with all that is known of them. */
  readonly logger: ApiLogger;
  /** Address to listen on. Default `127.0.0.1`. */
  readonly host?: string | undefined;
  /** Default: 8092, or the next that is free. */
  readonly port?: number | undefined;
  /** The address by which people reach it, behind a reverse proxy. Default: the one it listens on. */
  readonly publicUrl?: string | undefined;
  /** Addresses or networks of reverse proxies whose `X-Forwarded-*` headers are believed. Default: none. */
  readonly trustedProxies?: readonly string[] | undefined;
  /** Origins whose pages may ask, or `*` for all. Default: none. */
  readonly origins?: readonly string[] | undefined;
  /** Connections that the requests of one role may have. Default 8. */
  readonly connections?: number | undefined;
  /** Milliseconds after which a statement is ended. Default 30,000. */
  readonly statementMs?: number | undefined;
  readonly rates?: Partial<DataRates> | undefined;
  /** `saved`: only saved queries are answered; `off`: none. Default `any`. */
  readonly graphql?: "any" | "saved" | "off" | undefined;
  /** Whether GraphQL tells its schema: to each role what that may read. Default true. */
  readonly introspection?: boolean | undefined;
}

/** The data API, listening. */
export interface OpenedDataApi {
  /** Where it is reached, without a slash at its end. */
  readonly url: string;
  /** The port was taken, and another one was found. */
  readonly moved: boolean;
  /** Takes no more requests, waits some seconds for those that go on, and ends. Idempotent. */
  close(): Promise<void>;
}

const PORT = 8092;
const CONNECTIONS = 4;
/** Time for requests that go on when the server is closed. */
const CLOSE_MS = 5_000;

/** Serves exposed tables, read only. Fails with MLR_SETTINGS_INVALID where it cannot listen, and with MLR_CONTROL_UNAVAILABLE. */
export async function openDataApi(options: OpenDataApiOptions): Promise<OpenedDataApi> {
  const { control, url, logger } = options;
  const publicUrl = options.publicUrl === undefined ? undefined : new URL(options.publicUrl);
  const open = new AsyncDisposableStack();
  try {
    const pool = controlPool(control.url, { max: CONNECTIONS, name: "millrace data" });
    open.defer(() => pool.end());
    const { connections, statementMs, rates } = options;
    const service = await openDataService({ pool, url, connections, statementMs, rates, clock: systemClock });
    open.defer(() => service.close());
    const { trustedProxies, origins, graphql = "any", introspection } = options;
    const saved = new SavedBodies(pool, systemClock);
    const more =
      graphql === "off" ? [] : [graphqlRoutes({ saved, savedOnly: graphql === "saved", introspection })];
    const server = await createDataServer({ service, logger, publicUrl, trustedProxies, origins, more });
    open.defer(async () => {
      const force = setTimeout(() => server.server.closeAllConnections(), CLOSE_MS);
      await server.close();
      clearTimeout(force);
    });
    const listening = await listen(server, {
      host: options.host,
      port: options.port,
      first: PORT,
      what: { name: "data API", prefix: "MILLRACE_DATA" },
    });
    return {
      url: publicUrl?.origin ?? listening.url,
      moved: listening.moved,
      close: () => open.disposeAsync(),
    };
  } catch (error) {
    await open.disposeAsync();
    throw error;
  }
}
