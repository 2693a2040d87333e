import { Worker } from "node:worker_threads";

/** Milliseconds in which a process notices that the one that started it is gone. */
const LOOK_MS = 500;

/**
 * Ends this process, and with it all that it started, when its parent is gone. A thread of its own looks, because a run's
 * code may keep this one busy for ever.
 */
export function watchParent(): void {
  const program = `
    const { parent, pid, group, lookMs } = require("node:worker_threads").workerData;
    const cell = new Int32Array(new SharedArrayBuffer(4));
    const gone = () => {
      try { process.kill(parent, 0); return process.ppid !== parent; } catch { return true; }
    };
    while (!gone()) Atomics.wait(cell, 0, 0, lookMs);
    try { process.kill(group ? -pid : pid, "SIGKILL"); } catch { process.kill(pid, "SIGKILL"); }`;
  const group = process.platform !== "win32";
  const workerData = { parent: process.ppid, pid: process.pid, group, lookMs: LOOK_MS };
  // Not part of what keeps the process alive.
  new Worker(program, { eval: true, workerData, stdin: false, execArgv: [] }).unref();
}
