import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "../free-port.ts";

/** node-opcua's server in a process of its own; see server-process.ts for what it has. */
export class OpcuaServer {
  readonly port: number;
  readonly folder: string;
  #process: ChildProcess | undefined;

  private constructor(port: number, folder: string) {
    this.port = port;
    this.folder = folder;
  }

  static async start(): Promise<OpcuaServer> {
    const server = new OpcuaServer(await freePort(), mkdtempSync(path.join(tmpdir(), "millrace-opcua-")));
    await server.start();
    return server;
  }

  get url(): string {
    return `opc.tcp://127.0.0.1:${this.port}`;
  }

  /** @param identity another word makes another certificate. */
  async start(identity = "first"): Promise<void> {
    const script = fileURLToPath(new URL("server-process.ts", import.meta.url));
    const folder = path.join(this.folder, identity);
    const child = spawn(process.execPath, [script, String(this.port), folder], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#process = child;
    await new Promise<void>((resolve, reject) => {
      child.stdout.on("data", (text) => String(text).includes("ready") && resolve());
      child.once("exit", (code) => reject(new Error(`the OPC UA server ended with ${code}`)));
    });
  }

  async kill(): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
  }

  async close(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
