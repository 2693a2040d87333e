/**
 * `write-log-lines <what> <fallback folder>`: says lines on descriptor 3, as a run does.
 * - `burst`: ten lines, then an endless loop
 * - `flood`: 200,000 lines as fast as it can, then prints what became of them and stays
 * - `end`: 1,000 lines, then `process.exit`
 * - `memory`: lines until the heap is full
 */
import { createLogger, createPipeWriter, lineTarget, overflowTo } from "@millrace/platform/logs";

const [what = "", folder = ""] = process.argv.slice(2);
const writer = createPipeWriter({ fd: 3, overflow: overflowTo(folder), maxWaiting: 1024 * 1024 });
const log = createLogger({ sink: lineTarget(writer), bindings: { pipeline: "child" } });

switch (what) {
  case "burst":
    for (let i = 0; i < 10; i += 1) log.info({ i }, `line ${i}`);
    process.stdout.write("said\n");
    for (;;);
  case "flood": {
    for (let i = 0; i < 200_000; i += 1) log.info({ i }, `line ${i}`);
    process.stdout.write(`${JSON.stringify({ ...writer.state(), memory: process.memoryUsage().rss })}\n`);
    setInterval(() => undefined, 1000);
    break;
  }
  case "end":
    for (let i = 0; i < 1000; i += 1) log.info({ i }, `line ${i}`);
    process.exit(0);
  case "memory": {
    const held: string[][] = [];
    for (let i = 0; ; i += 1) {
      log.info({ i }, `line ${i}`);
      held.push(Array.from({ length: 20_000 }, (_, k) => `${i} ${k}`));
    }
  }
}
