import { type DatabaseConnector, parseOptions } from "@millrace/core";
import { notificationsOptions } from "@millrace/platform/notify";
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
