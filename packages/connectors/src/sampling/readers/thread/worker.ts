import { parentPort, workerData } from "node:worker_threads";
import { systemClock } from "@millrace/core";
import type { SamplingReader, Variable } from "../../../shared/sampling/index.ts";
import type { ThreadData, ThreadReply, ThreadRequest } from "./messages.ts";

const { module, options, directory } = workerData as ThreadData;
const lists = new Map<number, readonly Variable[]>();
const reading = new Map<number, AbortController>();
const say = (reply: ThreadReply): void => parentPort?.postMessage(reply);

const opened = open();
// Whoever asks for readings is told.
opened.catch(() => undefined);

async function open(): Promise<SamplingReader> {
  const loaded = (await import(module)) as { readonly default?: unknown };
  if (typeof loaded.default !== "function")
    throw new Error(`${module} has no function as its default export`);
  const reader = (await (loaded.default as (given: unknown) => unknown)(options)) as SamplingReader;
  const log = (level: "debug" | "info" | "warn", message: string): void =>
    say({ kind: "log", level, message });
  await reader.open?.({ clock: systemClock, directory, log });
  return reader;
}

async function read(request: Extract<ThreadRequest, { kind: "read" }>): Promise<void> {
  const { id, list, connection, variables } = request;
  const over = new AbortController();
  reading.set(id, over);
  try {
    const reader = await opened;
    if (variables !== undefined) lists.set(list, variables);
    const readings = await reader.read(lists.get(list) ?? [], { signal: over.signal, connection });
    say({ kind: "readings", id, readings, status: reader.status?.() ?? [] });
  } catch (error) {
    say({ kind: "failed", id, message: error instanceof Error ? error.message : String(error) });
  } finally {
    reading.delete(id);
  }
}

async function close(id: number): Promise<void> {
  try {
    await (await opened).close?.();
  } catch {
    // What cannot be closed ends with the thread.
  }
  say({ kind: "closed", id });
}

parentPort?.on("message", (request: ThreadRequest) => {
  if (request.kind === "read") void read(request);
  else if (request.kind === "abort") reading.get(request.read)?.abort();
  else {
    void close(request.id);
  }
});
