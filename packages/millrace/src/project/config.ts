import { parseOptions } from "@millrace/core";
import { z } from "zod";

const projectConfig = z.strictObject({
  /**
   * Connection URL of the default database: where `postgres()` without a URL writes, and where runs are recorded.
   * PostgreSQL 15 or newer. Default: the environment variable MILLRACE_DATABASE_URL, else the embedded PostgreSQL.
   */
  databaseUrl: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must be a URL such as "postgres://user:password@host:5432/database"')
    .optional(),
});

/** What a project's millrace.config.ts may say. */
export type ProjectConfig = z.input<typeof projectConfig>;

/** Checks a project's configuration, for `export default defineConfig({ … })` in millrace.config.ts. */
export function defineConfig(config: ProjectConfig): ProjectConfig {
  return parseOptions(projectConfig, config, "millrace.config.ts");
}
