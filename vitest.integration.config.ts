import { defineConfig } from "vitest/config";
import { findSystemPostgres } from "./packages/connectors/test/system-postgres.ts";
import base from "./vitest.config.ts";

// The tests of the PostgreSQL destination run a second time, on the system's server instead of the npm package's.
const system = findSystemPostgres();
const onPostgres = "missing" in system ? [] : ["packages/connectors/{src/postgres,test}/**/*.test.ts"];
const running = process.argv.some((argument) => argument.includes("vitest.integration"));
if ("missing" in system) {
  if (running) console.warn(`Not run on a PostgreSQL of the system: ${system.missing}.`);
  if (running && process.env["CI"] !== undefined)
    throw new Error(`CI needs a PostgreSQL server: ${system.missing}`);
} else {
  if (running) console.log(`PostgreSQL ${system.version} in ${system.folder}`);
  process.env["MILLRACE_TEST_POSTGRES"] = system.folder;
}

export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ["packages/**/*.integration.test.ts", "e2e/**/*.integration.test.ts", ...onPostgres],
    exclude: ["**/node_modules/**", "**/dist/**", "**/*.crash.test.ts"],
    passWithNoTests: "missing" in system,
  },
});
