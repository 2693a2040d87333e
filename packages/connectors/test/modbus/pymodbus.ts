import { spawn, spawnSync } from "node:child_process";
import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { freePort } from "../free-port.ts";

/** Debian's package is for Debian's own Python, whatever else is installed. */
const PYTHONS = ["/usr/bin/python3", "python3"];

/** Why no server can be started here; undefined where one can. */
export function missingPymodbus(): string | undefined {
  return python() === undefined
    ? "pymodbus is not installed (Debian: apt-get install python3-pymodbus python3-serial-asyncio)"
    : undefined;
}

/** Starts a server; see pymodbus_server.py for what its registers hold. */
export async function startPymodbus(
  framing: "tcp" | "rtu",
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const port = await freePort();
  const script = fileURLToPath(new URL("pymodbus_server.py", import.meta.url));
  const server = spawn(python() ?? "python3", [script, String(port), framing], { stdio: "ignore" });
  while (!(await answers(port))) {
    if (server.exitCode !== null) throw new Error(`pymodbus ended with ${server.exitCode}`);
    await pause(50);
  }
  return {
    port,
    close: async () => {
      const ended = new Promise((resolve) => server.once("exit", resolve));
      server.kill("SIGKILL");
      await ended;
    },
  };
}

function python(): string | undefined {
  return PYTHONS.find((program) => spawnSync(program, ["-c", "import pymodbus.server"]).status === 0);
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
