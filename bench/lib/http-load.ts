/** A thread that makes requests to an address for some time, and says how many were answered. */
import { parentPort } from "node:worker_threads";
import { Pool } from "undici";

/** What the thread is asked for. */
export interface LoadOrder {
  /** Scheme, host and port. */
  readonly origin: string;
  readonly path: string;
  readonly connections: number;
  readonly seconds: number;
}

parentPort?.on("message", (order: LoadOrder) => {
  void load(order).then((answered) => parentPort?.postMessage(answered));
});

/** Requests per second that were answered with 200. */
async function load({ origin, path, connections, seconds }: LoadOrder): Promise<number> {
  const pool = new Pool(origin, { connections });
  const end = performance.now() + seconds * 1_000;
  const started = performance.now();
  let answered = 0;
  const one = async (): Promise<void> => {
    while (performance.now() < end) {
      const { statusCode, body } = await pool.request({ path, method: "GET" });
      await body.dump();
      if (statusCode !== 200) throw new Error(`${path} answered ${statusCode}`);
      answered += 1;
    }
  };
  await Promise.all(Array.from({ length: connections }, one));
  const rate = answered / ((performance.now() - started) / 1_000);
  await pool.close();
  return rate;
}
