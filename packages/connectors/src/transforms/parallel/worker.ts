import { parentPort, workerData } from "node:worker_threads";
import { pack, unpack } from "./pack.ts";
import type { RemoteError, Reply, Task, WorkerData } from "./protocol.ts";

type Work = (row: unknown) => unknown;

const port = parentPort;
if (port !== null) {
  const work = load(workerData as WorkerData);
  work.catch((error: unknown) => port.postMessage({ unusable: remote(error) } satisfies Reply));
  port.on("message", (task: Task) => {
    // A function that cannot be loaded was told of above, once.
    void work
      .then((fn) => run(fn, task))
      .then(
        (reply) => post(reply),
        () => undefined,
      );
  });
}

async function load(data: WorkerData): Promise<Work> {
  const module = (await import(data.module)) as Record<string, unknown>;
  const fn = module[data.export];
  if (typeof fn === "function") return fn as Work;
  throw new TypeError(`${data.module} has no function "${data.export}"`);
}

async function run(fn: Work, { id, rows, packed }: Task): Promise<Extract<Reply, { id: number }>> {
  const unpacked = packed ? await unpacker() : (row: unknown) => row;
  const results: unknown[] = [];
  const errors: [number, RemoteError][] = [];
  for (const [index, row] of rows.entries()) {
    try {
      results.push(pack(await fn(unpacked(row))));
    } catch (error) {
      results.push(null);
      errors.push([index, remote(error)]);
    }
  }
  return { id, results, errors };
}

async function unpacker(): Promise<(row: unknown) => unknown> {
  const { JsonNumber } = await import("@millrace/core");
  return (row) => unpack(row, (text) => new JsonNumber(text));
}

/** A result that cannot be copied to another thread (a function, a class) is an error of its row. */
function post(reply: Extract<Reply, { id: number }>): void {
  try {
    port?.postMessage(reply);
  } catch {
    const errors = [...reply.errors];
    const results = reply.results.map((result, index) => {
      try {
        return structuredClone(result);
      } catch (error) {
        errors.push([index, remote(error)]);
        return null;
      }
    });
    port?.postMessage({ id: reply.id, results, errors });
  }
}

function remote(error: unknown): RemoteError {
  if (!(error instanceof Error)) return { name: "Error", message: String(error) };
  const { name, message, stack } = error;
  return { name, message, ...(stack === undefined ? {} : { stack }) };
}
