import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { freePort } from "../free-port.ts";

const PROGRAMS = ["/usr/sbin/mosquitto", "/usr/bin/mosquitto", "/usr/local/sbin/mosquitto"];

/** Why no broker can be started here; undefined where one can. */
export function missingMosquitto(): string | undefined {
  return PROGRAMS.some((program) => existsSync(program))
    ? undefined
    : "no Mosquitto is installed (Debian: apt-get install mosquitto)";
}

/** A broker of its own, whose sessions survive a restart. */
export class Mosquitto {
  readonly url: string;
  readonly #folder: string;
  readonly #port: number;
  #process: ChildProcess | undefined;

  private constructor(folder: string, port: number) {
    this.#folder = folder;
    this.#port = port;
    this.url = `mqtt://127.0.0.1:${port}`;
  }

  static async start(): Promise<Mosquitto> {
    const folder = mkdtempSync(path.join(tmpdir(), "millrace-mosquitto-"));
    const broker = new Mosquitto(folder, await freePort());
    const lines = [
      `listener ${broker.#port} 127.0.0.1`,
      "allow_anonymous true",
      "persistence true",
      `persistence_location ${folder}/`,
      "autosave_interval 1",
      "autosave_on_changes true",
      ...(process.getuid?.() === 0 ? ["user root"] : []),
    ];
    writeFileSync(path.join(folder, "mosquitto.conf"), `${lines.join("\n")}\n`);
    await broker.start();
    return broker;
  }

  async start(): Promise<void> {
    const program = PROGRAMS.find((each) => existsSync(each)) ?? "mosquitto";
    const started = spawn(program, ["-c", path.join(this.#folder, "mosquitto.conf")], { stdio: "ignore" });
    this.#process = started;
    while (!(await answers(this.#port))) {
      if (started.exitCode !== null) throw new Error(`mosquitto ended with ${started.exitCode}`);
      await pause(20);
    }
  }

  /** Ends it; what it keeps for others is on disk. */
  async stop(): Promise<void> {
    const { exitCode } = this.#process ?? {};
    if (exitCode !== null) return;
    const ended = new Promise((resolve) => this.#process?.once("exit", resolve));
    this.#process?.kill("SIGTERM");
    await ended;
  }

  async close(): Promise<void> {
    await this.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
