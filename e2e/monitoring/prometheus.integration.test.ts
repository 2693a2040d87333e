import { type ChildProcess, execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { freshDatabase } from "../../packages/connectors/test/fresh-database.ts";
import { ALERTS } from "../../scripts/monitoring/alerts.ts";
import { DASHBOARDS } from "../../scripts/monitoring/dashboards.ts";
import { alertTests } from "../../scripts/monitoring/rule-files.ts";
import { testProject } from "../cli/cli.ts";

const run = promisify(execFile);
const RULES = resolve(import.meta.dirname, "../../deploy/monitoring/prometheus");
const missing = spawnSync("promtool", ["--version"]).error !== undefined;
if (missing) process.stderr.write("Not run: no Prometheus here (Debian's package prometheus has it).\n");

const PIPELINES = `import { pipeline, postgres } from "millrace";
const destination = (name: string) => postgres().table(name, { key: ["id"] });
export default [
  pipeline("well", { source: function* () { yield { id: 1 }; }, destination: destination("well") }),
  pipeline("broken", {
    source: function* () { throw new Error("the source is gone"); },
    retry: { attempts: 1 },
    limits: { attempts: 1 },
    destination: destination("broken"),
  }),
];
`;

let folder: string;
const children: ChildProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-prometheus-"));
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode === null && child.kill("SIGKILL")) await once(child, "exit");
  }
  await rm(folder, { recursive: true, force: true });
});

describe.skipIf(missing)("with Prometheus of the system", () => {
  test("the rules are rules, and every alert fires when it should and ends after", async () => {
    await run("promtool", ["check", "rules", `${RULES}/alerts.rules.yaml`, `${RULES}/recording.rules.yaml`]);
    const file = join(folder, "alerts.test.yaml");
    await writeFile(file, alertTests(`${RULES}/alerts.rules.yaml`));
    const { stdout } = await run("promtool", ["test", "rules", file]);
    expect(stdout).toContain("SUCCESS");
    // A rule that fires when it should not is found.
    const said = alertTests(`${RULES}/alerts.rules.yaml`).replace(
      "The pipeline prices",
      "The pipeline others",
    );
    await writeFile(file, said);
    await expect(run("promtool", ["test", "rules", file])).rejects.toThrow("MillracePipelineFailing");
  });

  test("a pipeline that fails makes its alert fire, and no other", { timeout: 180_000 }, async () => {
    const database = await freshDatabase();
    const port = await freePort();
    const apiPort = await freePort();
    const project = await testProject(
      { "pipelines/all.ts": PIPELINES },
      {
        MILLRACE_DATABASE_URL: database.url,
        MILLRACE_METRICS_PORT: String(port),
        MILLRACE_API_PORT: String(apiPort),
        MILLRACE_INGEST_PORT: "0",
      },
    );
    const up = project.start("up");
    children.push(up.child);
    try {
      await up.says("Metrics: ");
      const url = await startPrometheus(port);
      const query = async (expr: string): Promise<readonly { value: [number, string] }[]> => {
        const answer = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query: expr }).toString()}`);
        const body = (await answer.json()) as {
          data?: { result: { value: [number, string] }[] };
          error?: string;
        };
        if (body.data === undefined) throw new Error(`${expr}: ${body.error ?? answer.status}`);
        return body.data.result;
      };
      const firing = async (): Promise<unknown[]> => {
        const { data } = (await (await fetch(`${url}/api/v1/alerts`)).json()) as {
          data: {
            alerts: { state: string; labels: Record<string, string>; annotations: Record<string, string> }[];
          };
        };
        return data.alerts
          .filter(({ state }) => state === "firing")
          .map(({ labels, annotations }) => ({ ...labels, ...annotations }));
      };
      await expect
        .poll(async () => (await query('up{job="millrace"} == 1')).length, { timeout: 60_000 })
        .toBe(1);
      await project.millrace("run", "well", "--queue");
      const succeeded = 'millrace_runs_finished_total{pipeline="well",status="succeeded"}';
      await expect.poll(async () => (await query(succeeded)).length, { timeout: 60_000 }).toBe(1);
      expect(await firing()).toEqual([]);
      expect((await fetch(`http://127.0.0.1:${apiPort}/api/v1/runs`)).status).toBe(401);
      const asked = 'millrace_api_request_seconds_count{route="GET /api/v1/runs",status="4xx"} == 1';
      await expect.poll(async () => (await query(asked)).length, { timeout: 60_000 }).toBe(1);

      await project.millrace("run", "broken", "--queue");
      await expect.poll(firing, { timeout: 60_000 }).toEqual([
        {
          alertname: "MillracePipelineFailing",
          severity: "page",
          pipeline: "broken",
          summary: "The pipeline broken failed within the last hour",
          runbook: "docs/runbooks/pipeline-failing.md",
        },
      ]);
      // What dashboards ask, Prometheus understands; of what runs here, some have values.
      const drawn: string[] = [];
      for (const { panels } of DASHBOARDS) {
        for (const { kind, title, queries } of panels) {
          if (kind === "logs") continue;
          for (const [expr] of queries) {
            const plain = expr.replaceAll("$__rate_interval", "1m").replaceAll("$pipeline", ".*");
            if ((await query(plain)).length > 0) drawn.push(title);
          }
        }
      }
      expect(drawn).toEqual(
        expect.arrayContaining([
          "Schedules are kept",
          "Slots in use",
          "Runs in queues",
          "Heap",
          "Commits",
          "Connections",
        ]),
      );
    } finally {
      up.child.kill("SIGTERM");
      await up.ended;
      await project.remove();
      await database.drop();
    }
  });
});

/** A Prometheus with our rules that looks every second. Returns where it is. */
async function startPrometheus(port: number): Promise<string> {
  const own = await freePort();
  const config = join(folder, "prometheus.yml");
  const document = {
    global: { scrape_interval: "1s", evaluation_interval: "1s" },
    rule_files: [`${RULES}/*.rules.yaml`],
    scrape_configs: [{ job_name: "millrace", static_configs: [{ targets: [`127.0.0.1:${port}`] }] }],
  };
  await writeFile(config, JSON.stringify(document));
  const child = spawn(
    "prometheus",
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${own}`,
    ],
    { stdio: "ignore" },
  );
  children.push(child);
  const url = `http://127.0.0.1:${own}`;
  const ready = async (): Promise<boolean> =>
    (await fetch(`${url}/-/ready`).catch(() => undefined))?.ok ?? false;
  await expect.poll(ready, { timeout: 60_000 }).toBe(true);
  const { data } = (await (await fetch(`${url}/api/v1/rules?type=alert`)).json()) as {
    data: { groups: { rules: unknown[] }[] };
  };
  expect(data.groups.flatMap(({ rules }) => rules)).toHaveLength(ALERTS.length);
  return url;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}
