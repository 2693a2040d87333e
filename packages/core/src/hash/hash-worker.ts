import { hash } from "node:crypto";
import { workerData } from "node:worker_threads";
import { HashQueue } from "./hash-queue.ts";
import { HashSlab, type SlabMemory } from "./hash-slab.ts";

/** What the thread starts with. */
export interface HashWork {
  readonly queue: SharedArrayBuffer;
  readonly slabs: readonly SlabMemory[];
}

const { queue: memory, slabs: memories } = workerData as HashWork;
const slabs = memories.map((each) => new HashSlab(each));
const queue = new HashQueue(slabs.length, memory);

// A message to a thread and back costs as much as hashing a hundred rows, so it waits for the memory itself to change.
// Ending the thread interrupts the wait.
for (;;) slabs[queue.take()]?.hash((bytes) => hash("sha256", bytes, "binary"));
