import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** A ClickHouse server of the test's own: an ordinary process on private ports, with its folder in a temporary one. */
export interface TestClickHouse {
  readonly url: string;
  readonly httpPort: number;
  readonly nativePort: number;
  /** Kills it without a chance to tidy up, and starts it again on the same data. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Why there is no server to test with; undefined where there is one. */
export function missingClickHouse(): string | undefined {
  const found = spawnSync("clickhouse-server", ["--help"], { stdio: "ignore" });
  return found.error === undefined
    ? undefined
    : "no ClickHouse server is installed (Debian: apt-get install clickhouse-server)";
}

/** Starts a server; whoever does stops it. */
export async function startClickHouse(
  options: { readonly maxMemory?: number } = {},
): Promise<TestClickHouse> {
  const folder = await mkdtemp(path.join(tmpdir(), "millrace-clickhouse-"));
  const [httpPort, nativePort] = [await freePort(), await freePort()];
  await writeConfig(folder, { httpPort, nativePort, maxMemory: options.maxMemory ?? 1_500_000_000 });
  const url = `http://127.0.0.1:${httpPort}`;
  let child = await start(folder, url);
  return {
    url,
    httpPort,
    nativePort,
    restart: async () => {
      await kill(child);
      child = await start(folder, url);
    },
    stop: async () => {
      await kill(child);
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function start(folder: string, url: string): Promise<ChildProcess> {
  const child = spawn("clickhouse-server", [`--config-file=${path.join(folder, "config.xml")}`], {
    stdio: "ignore",
  });
  for (let round = 0; round < 600; round++) {
    if (child.exitCode !== null) throw new Error(`clickhouse-server ended with ${child.exitCode}`);
    const answer = await fetch(`${url}/ping`).catch(() => undefined);
    if (answer?.ok === true) return child;
    await sleep(50);
  }
  await kill(child);
  throw new Error("clickhouse-server does not answer");
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "exit");
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

async function writeConfig(
  folder: string,
  { httpPort, nativePort, maxMemory }: { httpPort: number; nativePort: number; maxMemory: number },
): Promise<void> {
  for (const name of ["data", "tmp", "formats"]) await mkdir(path.join(folder, name));
  await writeFile(
    path.join(folder, "config.xml"),
    `<yandex>
  <logger><level>warning</level><log>${folder}/log</log><errorlog>${folder}/errors</errorlog></logger>
  <http_port>${httpPort}</http_port><tcp_port>${nativePort}</tcp_port><listen_host>127.0.0.1</listen_host>
  <path>${folder}/data/</path><tmp_path>${folder}/tmp/</tmp_path><format_schema_path>${folder}/formats/</format_schema_path>
  <mark_cache_size>67108864</mark_cache_size>
  <users_config>users.xml</users_config><default_profile>default</default_profile><default_database>default</default_database>
</yandex>
`,
  );
  await writeFile(
    path.join(folder, "users.xml"),
    `<yandex>
  <profiles><default><max_memory_usage>${maxMemory}</max_memory_usage></default></profiles>
  <users><default><password></password><networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota></default></users>
  <quotas><default></default></quotas>
</yandex>
`,
  );
}
