import { type DatabaseConnector, parseOptions } from "@millrace/core";
import { logsConfig } from "@millrace/platform/logs";
import { notificationsOptions } from "@millrace/platform/notify";
import type { SecretProviderChoice } from "@millrace/platform";
import type { StoreDefinition } from "@millrace/connectors/storage";
import { z } from "zod";

const projectConfig = z.strictObject({
  /**
   * Connection URL of the default database, PostgreSQL 15 or newer: where `postgres()` without a URL writes.
   * Default: the embedded PostgreSQL. MILLRACE_DATABASE_URL, in the environment or `.env`, wins.
   */
  databaseUrl: z.string().optional(),
  /** Database of run records and leases. Default: a schema of its own in the default database. MILLRACE_CONTROL_URL wins. */
  controlUrl: z.string().optional(),
  /** Folder of what Millrace keeps, from the project's folder on. Default `.millrace`. MILLRACE_DATA_DIR wins. */
  dataDirectory: z.string().optional(),
  /** The port that the embedded PostgreSQL tries first. Default: one chosen by the folder's name. MILLRACE_PG_PORT wins. */
  postgresPort: z.number().optional(),
  /** Seconds after which a run that does not answer any more may be replaced. Default 15. MILLRACE_LEASE_SECONDS wins. */
  leaseSeconds: z.number().optional(),
  /** Where `millrace secret` keeps secrets: `database` or `file`. Default `database`. MILLRACE_SECRETS_STORE wins. */
  secretsStore: z.enum(["database", "file"]).optional(),
  /** A folder with one file per secret, from the project's folder on. Default: none. MILLRACE_SECRETS_DIR wins. */
  secretsDirectory: z.string().optional(),
  /** Port of `/metrics`; 0: none. Default: 9464, or the next that is free. MILLRACE_METRICS_PORT wins. */
  metricsPort: z.number().optional(),
  /** Address that `/metrics` listens on. Default `127.0.0.1`. MILLRACE_METRICS_HOST wins. */
  metricsHost: z.string().optional(),
  /** Port of the dashboard and the API; 0: none. Default: 8080, or the next that is free. MILLRACE_API_PORT wins. */
  apiPort: z.number().optional(),
  /** Address that they listen on. Default `127.0.0.1`. MILLRACE_API_HOST wins. */
  apiHost: z.string().optional(),
  /** Port on which rows that are pushed are taken; 0: none. Default: 8090, or the next that is free. MILLRACE_INGEST_PORT wins. */
  ingestPort: z.number().optional(),
  /** Port of gRPC where there is no TLS; 0: none. Default: 8091, or the next that is free. MILLRACE_INGEST_GRPC_PORT wins. */
  ingestGrpcPort: z.number().optional(),
  /** Address that they listen on. Default `127.0.0.1`. MILLRACE_INGEST_HOST wins. */
  ingestHost: z.string().optional(),
  /** PEM file of the certificate by which they are reached. Default: no TLS. MILLRACE_INGEST_TLS_CERT wins. */
  ingestTlsCert: z.string().optional(),
  /** PEM file of its key. MILLRACE_INGEST_TLS_KEY wins. */
  ingestTlsKey: z.string().optional(),
  /** PEM file of who signs the certificates that senders have to show. Default: they show none. MILLRACE_INGEST_TLS_CLIENT_CA wins. */
  ingestTlsClientCa: z.string().optional(),
  /** Rows per second that one token may push; 0: any number. Default 0. MILLRACE_INGEST_ROWS_PER_SECOND wins. */
  ingestRowsPerSecond: z.number().optional(),
  /** The address by which people reach them, such as `https://millrace.example.org`. MILLRACE_API_URL wins. */
  apiUrl: z.string().optional(),
  /** Addresses or networks of reverse proxies that are believed, separated by commas. Default: none. MILLRACE_API_PROXIES wins. */
  apiProxies: z.string().optional(),
  /** Where traces and metrics are sent by OTLP over HTTP, such as `http://localhost:4318`. Default: nowhere. MILLRACE_OTLP_ENDPOINT and OTEL_EXPORTER_OTLP_ENDPOINT win. */
  otlpEndpoint: z.string().optional(),
  /** Share of runs that are traced, from 0 to 1. Default 1. MILLRACE_TRACE_SAMPLE wins. */
  traceSample: z.number().optional(),
  /** Who gives the values of secrets. */
  secrets: z
    .strictObject({
      /**
       * Asked in this order: `"environment"`, `"store"`, `{ folder: "/run/secrets" }`, a function from name to value, or an
       * object with `name` and `get`. Default: the environment, the folder of the settings, the store.
       */
      providers: z
        .array(
          z.custom<SecretProviderChoice>((value) => ["string", "object", "function"].includes(typeof value)),
        )
        .min(1)
        .optional(),
    })
    .optional(),
  /**
   * Databases that pipelines use besides their destinations: name → connector, such as `crm: mariadb({ url })`. Code reaches
   * them as `context.database("crm")`, the source as `database({ from: "crm" })`. `default` is the default database unless
   * it is named here.
   */
  databases: z
    .record(
      z.string().min(1),
      z.custom<DatabaseConnector>(
        (value) => typeof value === "object" && value !== null && "connect" in value,
        { message: "must be a database such as postgres({ url })" },
      ),
    )
    .optional(),
  /**
   * Slots of the pools that pipelines name in `limits.pools`, by the pool's name: so many of their runs go on at a time. A pool
   * that is not named here has one. `group:geo`, `queue:default` and `pipeline:prices` limit those, which otherwise have none.
   */
  pools: z.record(z.string().min(1), z.int().nonnegative()).optional(),
  /** Where log lines go besides the control database, such as `{ sinks: [logTo.stdout()] }`, and which. */
  logs: logsConfig.optional(),
  /** Where objects are kept, made with `objectStore()`: what `millrace storage` and the Storage page look at. Default: none. */
  storage: z
    .custom<StoreDefinition>((value) => typeof value === "object" && value !== null && "open" in value, {
      message: "must be a storage made with objectStore()",
    })
    .optional(),
  /** Who is told what happens: channels such as `slack({ url })`, and rules. Default: nobody. */
  notifications: notificationsOptions.optional(),
});

/** What a project's millrace.config.ts may say. */
export type ProjectConfig = z.input<typeof projectConfig>;

/**
 * The project's configuration, for `export default defineConfig({ … })` in millrace.config.ts.
 * Fails with MLR_OPTION_UNKNOWN (and the nearest name) or MLR_ARGUMENT_INVALID; values are checked when they are used.
 */
export function defineConfig(config: ProjectConfig): ProjectConfig {
  return parseOptions(projectConfig, config, "defineConfig()");
}
