/**
 * `log-child <ours|pino> <lines>`: says so many lines on descriptor 3, as a run does, a thousand at a time, then prints what a
 * call cost in microseconds.
 */
import { createLogger, createPipeWriter, lineTarget } from "@millrace/platform/logs";
import pino from "pino";

const [who = "ours", text = "100000"] = process.argv.slice(2);
const lines = Number(text);
const bindings = {
  run: "0198c2a4-5b1e-7000-8f3a-1f0c2b9d4e5f",
  pipeline: "quakes",
  worker: "alpha",
  attempt: 1,
};

interface Contender {
  readonly log: (fields: object, message: string) => void;
  flush(): Promise<void>;
}

function ours(): Contender {
  const writer = createPipeWriter({ fd: 3, maxWaiting: 256 * 1024 * 1024 });
  const logger = createLogger({ sink: lineTarget(writer), bindings });
  return { log: logger.info, flush: () => writer.flush(60_000) };
}

function withPino(): Contender {
  const destination = pino.destination({ fd: 3, sync: false, minLength: 4096 });
  const logger = pino({ base: null }, destination).child(bindings);
  return {
    log: (fields, message) => logger.info(fields, message),
    flush: () => new Promise((resolve) => destination.flush(() => resolve())),
  };
}

const { log, flush } = who === "pino" ? withPino() : ours();
let spent = 0;
for (let from = 0; from < lines; from += 1000) {
  const start = performance.now();
  for (let i = from; i < from + 1000; i += 1) {
    log({ page: i, url: "https://example.com/items?page=17", ok: true }, "row was read from page");
  }
  spent += performance.now() - start;
  await new Promise((resolve) => setImmediate(resolve));
}
await flush();
process.stdout.write(`${(spent * 1000) / lines}\n`);
