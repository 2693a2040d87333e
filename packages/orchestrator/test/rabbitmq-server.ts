import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { Connection } from "rabbitmq-client";

/** A broker of its own for one test file, with a virtual host and a user who may do anything in it. */
export interface RabbitmqServer {
  /** With the user and the password. */
  readonly url: string;
  /** The same with TLS; its authority is in `authority`. Only where it was asked for. */
  readonly secureUrl: string;
  readonly authority: string;
  readonly password: string;
  /** Ends the broker as a power cut would. Nothing where it does not run. */
  kill(): Promise<void>;
  /** Starts it again with the same data. */
  start(): Promise<void>;
  /** Calls the broker's own tool, and returns what that prints. */
  control(...args: readonly string[]): string;
  close(): Promise<void>;
}

const VHOST = "millrace/test";
const USER = "tester";
const PASSWORD = "se cret/1";
/** Milliseconds within which the broker has to answer. */
const START_MS = 120_000;

/** Why no broker can be started here; undefined where one can. */
export function missingRabbitmq(): string | undefined {
  return programs() === undefined
    ? "no RabbitMQ server is installed (Debian: apt-get install rabbitmq-server)"
    : undefined;
}

/** Starts a broker on ports of its own, with its data and its cookie in a temporary folder. */
export async function startRabbitmq(): Promise<RabbitmqServer> {
  const found = programs();
  if (found === undefined) throw new Error(missingRabbitmq());
  const folder = mkdtempSync(path.join(tmpdir(), "millrace-rabbitmq-"));
  const [port, securePort, distribution, names] = await freePorts(4);
  const certificates = makeCertificates(folder);
  writeFileSync(
    path.join(folder, "rabbitmq.conf"),
    [
      `listeners.tcp.1 = 127.0.0.1:${port}`,
      ...(certificates
        ? [
            `listeners.ssl.1 = 127.0.0.1:${securePort}`,
            `ssl_options.cacertfile = ${path.join(folder, "ca.pem")}`,
            `ssl_options.certfile = ${path.join(folder, "server.pem")}`,
            `ssl_options.keyfile = ${path.join(folder, "server.key")}`,
          ]
        : []),
      `default_vhost = ${VHOST}`,
      `default_user = ${USER}`,
      `default_pass = ${PASSWORD}`,
      "default_permissions.configure = .*",
      "default_permissions.read = .*",
      "default_permissions.write = .*",
      "log.console = false",
      "log.file.level = warning",
      "",
    ].join("\n"),
  );
  writeFileSync(path.join(folder, "plugins"), "[].\n");
  const environment = {
    PATH: process.env["PATH"],
    // Erlang keeps its cookie here.
    HOME: folder,
    LANG: "C.UTF-8",
    RABBITMQ_NODENAME: `millrace-${port}@localhost`,
    RABBITMQ_DIST_PORT: String(distribution),
    ERL_EPMD_PORT: String(names),
    ERL_EPMD_ADDRESS: "127.0.0.1",
    RABBITMQ_CONFIG_FILE: path.join(folder, "rabbitmq.conf"),
    RABBITMQ_ENABLED_PLUGINS_FILE: path.join(folder, "plugins"),
    RABBITMQ_MNESIA_BASE: path.join(folder, "data"),
    RABBITMQ_LOG_BASE: path.join(folder, "log"),
    RABBITMQ_PID_FILE: path.join(folder, "pid"),
    RABBITMQ_CONF_ENV_FILE: path.join(folder, "no-environment"),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: "+S 1:1 +sbwt none",
  };
  // Erlang would start its own, which stays.
  const epmd = spawn("epmd", [], { env: environment, stdio: "ignore" });
  let server: ChildProcess | undefined;
  const url = `amqp://${USER}:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}/${encodeURIComponent(VHOST)}`;
  const start = async (): Promise<void> => {
    // A group of its own, as the program is a script around the broker.
    server = spawn(found.server, [], { env: environment, stdio: "ignore", detached: true });
    await answering(url, server, path.join(folder, "log"));
  };
  const kill = async (): Promise<void> => {
    if (server?.pid === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const over = once(server, "exit");
    process.kill(-server.pid, "SIGKILL");
    await over;
  };
  await start();
  return {
    url,
    secureUrl: url
      .replace("amqp:", "amqps:")
      .replace(`:${port}/`, `:${securePort}/`)
      .replace("127.0.0.1", "localhost"),
    authority: path.join(folder, "ca.pem"),
    password: PASSWORD,
    kill,
    start,
    control: (...args) => {
      const { status, stdout, stderr } = spawnSync(found.control, ["-q", ...args], {
        env: environment,
        encoding: "utf8",
      });
      if (status !== 0) throw new Error(`rabbitmqctl ${args.join(" ")}: ${stderr}${stdout}`);
      return stdout;
    },
    close: async () => {
      await kill();
      const over = once(epmd, "exit");
      if (epmd.exitCode === null && epmd.kill("SIGKILL")) await over;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The scripts themselves: those on the path want to be root or the broker's user, and have settings of their own. */
function programs(): { readonly server: string; readonly control: string } | undefined {
  const base = "/usr/lib/rabbitmq/lib";
  const versions = existsSync(base)
    ? readdirSync(base).filter((name) => name.startsWith("rabbitmq_server-"))
    : [];
  const folder = versions.map((name) => path.join(base, name, "sbin")).find((each) => existsSync(each));
  if (folder === undefined) return undefined;
  return { server: path.join(folder, "rabbitmq-server"), control: path.join(folder, "rabbitmqctl") };
}

/** An authority and a certificate for localhost. False where there is no openssl. */
function makeCertificates(folder: string): boolean {
  const run = (...args: string[]): boolean =>
    spawnSync("openssl", args, { cwd: folder, stdio: "ignore" }).status === 0;
  writeFileSync(path.join(folder, "names"), "subjectAltName=DNS:localhost,IP:127.0.0.1\n");
  return (
    run(
      ..."req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout ca.key -out ca.pem".split(
        " ",
      ),
    ) &&
    run(..."req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout server.key -out server.csr".split(" ")) &&
    run(
      ..."x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out server.pem".split(
        " ",
      ),
    )
  );
}

async function freePorts(count: number): Promise<[number, number, number, number]> {
  const probes = await Promise.all(
    Array.from({ length: count }, async () => {
      const probe = createServer().listen(0, "127.0.0.1");
      await once(probe, "listening");
      return probe;
    }),
  );
  const ports = probes.map((probe) => (probe.address() as { port: number }).port);
  await Promise.all(probes.map((probe) => new Promise((resolve) => probe.close(resolve))));
  return ports as [number, number, number, number];
}

async function answering(url: string, server: ChildProcess, logs: string): Promise<void> {
  const deadline = Date.now() + START_MS;
  for (;;) {
    const connection = new Connection({ url, retryLow: 60_000, retryHigh: 60_000 });
    connection.on("error", () => undefined);
    try {
      await connection.onConnect(1_000);
      await connection.close();
      return;
    } catch (error) {
      connection.unsafeDestroy();
      if (server.exitCode !== null || Date.now() > deadline) {
        const files = existsSync(logs) ? readdirSync(logs).filter((name) => name.endsWith(".log")) : [];
        const said = files
          .map((name) => readFileSync(path.join(logs, name), "utf8").slice(-2_000))
          .join("\n");
        throw new Error(`the RabbitMQ server does not answer: ${said}`, { cause: error });
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}
