/** A Singer tap for tests: does what its configuration says. Run as a program. */
import { spawn } from "node:child_process";
import { readFileSync, statSync, writeFileSync } from "node:fs";

interface TapConfig {
  /** Lines for standard output, as they are. */
  readonly lines?: readonly string[];
  /** Written after them, without a line break. */
  readonly tail?: string;
  /** Lines for standard error, before the others. */
  readonly complaints?: readonly string[];
  /** Counts people up to this number from where the state says on, with a STATE after every second one and the last. */
  readonly people?: number;
  /** Version of the stream of people, activated at the end. */
  readonly version?: number;
  /** Printed by `--discover`. */
  readonly catalog?: unknown;
  readonly exitCode?: number;
  /** Does not end by itself. `stubborn`: not by SIGTERM either; it starts a process that does not end as well. */
  readonly hang?: "hang" | "stubborn";
  /** Where to tell how it was started. */
  readonly report?: string;
}

const [, , ...args] = process.argv;
const documentOf = (flag: string): unknown => {
  const at = args.indexOf(flag);
  return at < 0 ? undefined : (JSON.parse(readFileSync(args[at + 1] ?? "", "utf8")) as unknown);
};
const config = (documentOf("--config") ?? {}) as TapConfig;
const say = (message: unknown): void => void process.stdout.write(`${JSON.stringify(message)}\n`);

if (config.report !== undefined) {
  const configFile = args[args.indexOf("--config") + 1] ?? "";
  const told = {
    args,
    config,
    configMode: (statSync(configFile).mode & 0o777).toString(8),
    state: documentOf("--state"),
    catalog: documentOf("--catalog") ?? documentOf("--properties"),
    env: process.env,
    cwd: process.cwd(),
    pid: process.pid,
    helper: config.hang === "stubborn" ? helper() : undefined,
  };
  writeFileSync(config.report, JSON.stringify(told));
}
for (const line of config.complaints ?? []) process.stderr.write(`${line}\n`);
if (args.includes("--discover")) say(config.catalog ?? { streams: [] });
else {
  for (const line of config.lines ?? []) process.stdout.write(`${line}\n`);
  process.stdout.write(config.tail ?? "");
  if (config.people !== undefined) count(config.people, config.version);
}
process.exitCode = config.exitCode ?? 0;
if (config.hang !== undefined && !args.includes("--discover")) {
  if (config.hang === "stubborn") process.on("SIGTERM", () => undefined);
  setInterval(() => undefined, 60_000);
}

function count(until: number, version: number | undefined): void {
  const state = documentOf("--state") as { next?: number } | undefined;
  const properties = { id: { type: "integer" }, name: { type: ["null", "string"] } };
  const numbered = version === undefined ? {} : { version };
  say({ type: "SCHEMA", stream: "people", schema: { properties }, key_properties: ["id"] });
  for (let id = state?.next ?? 1; id <= until; id++) {
    say({ type: "RECORD", stream: "people", record: { id, name: `P${id}` }, ...numbered });
    if (id % 2 === 0 || id === until) say({ type: "STATE", value: { next: id + 1 } });
  }
  if (version !== undefined) say({ type: "ACTIVATE_VERSION", stream: "people", version });
}

function helper(): number | undefined {
  const code = "process.on('SIGTERM', () => {}); setInterval(() => {}, 60000)";
  return spawn(process.execPath, ["-e", code], { stdio: "inherit" }).pid;
}
