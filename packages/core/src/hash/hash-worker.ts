import { hash } from "node:crypto";
import { parentPort } from "node:worker_threads";
import { HashSlab, type SlabMemory } from "./hash-slab.ts";

/** What the thread is sent: a slab's memory once, then the number of rows that wait in it. */
export interface HashTask {
  readonly slab: number;
  readonly rows: number;
  readonly memory?: SlabMemory;
}

const slabs: HashSlab[] = [];

parentPort?.on("message", ({ slab, rows, memory }: HashTask) => {
  if (memory !== undefined) slabs[slab] = new HashSlab(memory);
  slabs[slab]?.hash(rows, (bytes) => hash("sha256", bytes, "binary"));
  parentPort?.postMessage(slab);
});
