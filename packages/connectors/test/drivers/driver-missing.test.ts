import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const CHILD = fileURLToPath(new URL("connect-child.ts", import.meta.url));

// A child, because a process that has loaded a driver does not lose it.
test.each([
  ["clickhouse", "@clickhouse/client"],
  ["duckdb", "@duckdb/node-api"],
  ["mariadb", "mariadb"],
  ["sqlserver", "tedious"],
])("%s without its driver names the package and how to install it", async (connector, missing) => {
  const args = ["--conditions=@millrace/source", CHILD, connector, missing];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  expect(JSON.parse(stdout)).toMatchObject({
    code: "MLR_DRIVER_MISSING",
    retry: "never",
    hint: expect.stringContaining(`npm install ${missing}`) as string,
  });
});
