import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Ended, type TestProject, testProject } from "../../../../e2e/cli/cli.ts";
import { missingForSsh, openSshHost, type SshHost } from "./ssh-host.ts";

const REPOSITORY = fileURLToPath(new URL("../../../..", import.meta.url));
const missing = missingForSsh();
if (missing !== undefined) console.warn(`Deploying by ssh is not tested: ${missing}.`);

/** Where the project's own Millrace would be: here it is that of this repository. */
const MILLRACE = {
  "vendor/millrace/package.json": JSON.stringify({
    name: "millrace",
    version: "0.1.0",
    type: "module",
    exports: { ".": "./index.js" },
  }),
  "vendor/millrace/index.js": `export * from ${JSON.stringify(join(REPOSITORY, "packages/millrace/src/index.ts"))};\n`,
  "vendor/millrace/bin/millrace.js": `import ${JSON.stringify(join(REPOSITORY, "packages/millrace/bin/millrace.js"))};\n`,
};

const PIPELINES = `import { cron, every, pipeline, postgres } from "millrace";
export default [
  pipeline("orders", {
    schedule: every("15 minutes"),
    source: async function* () { yield { id: 1, country: "DE" }; },
    destination: postgres().table("orders", { key: ["id"], columns: { id: "integer", country: "text" } }),
  }),
  pipeline("totals", {
    parents: ["orders"],
    source: async function* () { yield { id: 1 }; },
    destination: postgres().table("totals", { key: ["id"] }),
  }),
  pipeline("nightly", {
    schedule: cron("30 2 * * *"),
    source: async function* () { yield { id: 1 }; },
    destination: postgres().table("nightly", { key: ["id"] }),
  }),
];
`;

describe.skipIf(missing !== undefined)("deploying by ssh", () => {
  let target: SshHost;
  let project: TestProject;

  beforeAll(async () => {
    target = await openSshHost();
    project = await testProject({
      ...MILLRACE,
      "package.json": JSON.stringify({
        name: "shop data",
        private: true,
        type: "module",
        dependencies: { millrace: "file:vendor/millrace" },
      }),
      "pipelines/all.ts": PIPELINES,
      "codebooks/countries.csv": "code,name\nDE,Germany\nFR,France\n",
      "migrations/default/000001_notes.sql": "CREATE TABLE notes (id integer);\n",
      ".env": "MILLRACE_DATABASE_URL=postgres://nobody@127.0.0.1:1/never\n",
    });
  }, 60_000);
  afterAll(async () => {
    await project.remove();
    await target.remove();
  }, 60_000);

  const deploy = (...args: string[]): Promise<Ended> =>
    project.millrace(
      "deploy",
      target.host,
      ...target.sshOptions.flatMap((each) => ["--ssh-option", each]),
      "--health-seconds",
      "60",
      ...args,
    );
  const there = (line: string): string => target.shell(`cd millrace/shop-data && ${line}`).trim();

  test(
    "installs, makes the database, runs everything and leaves schedules in the crontab",
    { timeout: 240_000 },
    async () => {
      const ended = await deploy("--cron", "--json");
      expect(ended.code, ended.stderr + ended.stdout).toBe(0);
      const result = JSON.parse(ended.stdout) as { release: string; mode: string; runs: unknown };
      expect(result.mode).toBe("cron");
      expect(result.runs).toEqual({ orders: "succeeded", totals: "succeeded", nightly: "succeeded" });
      expect(there("readlink current")).toBe(`releases/${result.release}`);
    },
  );
});
