import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { exchange, type ExchangeOptions } from "@millrace/connectors/exchange";
import { WebSocket } from "ws";
import { type Measured, round } from "../lib/result.ts";
import { interleave } from "../lib/rounds.ts";

const MESSAGES = Number(process.env["BENCH_MESSAGES"] ?? 200_000);
const ROUNDS = Number(process.env["BENCH_ROUNDS"] ?? 7);
/** A capture of the real exchange where there is one; otherwise the one of the tests, which has smaller books. */
const REAL = path.join(process.env["MILLRACE_CAPTURES"] ?? "", "OKX.2026.ws");
const OWN = fileURLToPath(
  new URL("../../packages/connectors/src/exchange/okx/fixtures/market.capture", import.meta.url),
);
const capture = process.env["MILLRACE_CAPTURES"] !== undefined && existsSync(REAL) ? REAL : OWN;
const symbols = capture === REAL ? ["BTC-USDT", "UNI-USD-PERP", "BTC-USD-220527"] : ["BTC-USDT", "ETH-USDT"];

/** Parsing, normalising and calling back against a bare socket that only parses JSON: trades, and books that are kept. */
export async function measure(): Promise<Measured[]> {
  return [
    await compare("trades", "trades", { goal: ">= 0.8" }),
    await compare("books kept", "books", { goal: ">= 0.6" }),
  ];
}

async function compare(
  name: string,
  channel: string,
  { goal }: { readonly goal: string },
): Promise<Measured> {
  const server = fork(
    fileURLToPath(new URL("../lib/exchange-server-child.ts", import.meta.url)),
    [capture, String(MESSAGES), channel],
    { execArgv: ["--conditions=@millrace/source"] },
  );
  try {
    const [port] = (await once(server, "message")) as [number];
    const seconds = await interleave(
      [
        { name: "ours", work: () => ours(port, channel) },
        { name: "ws + JSON.parse", work: () => bare(port) },
      ],
      ROUNDS,
    );
    const own = seconds["ours"] ?? 0;
    const peer = seconds["ws + JSON.parse"] ?? 0;
    return {
      name: `exchange, ${name}`,
      work: `${MESSAGES} messages of OKX ${channel} from a local server, parsed, normalised and called back, seconds`,
      ours: own,
      peers: { "ws + JSON.parse": peer },
      ratio: round(peer / own),
      goal,
      peakMemoryMb: round(process.resourceUsage().maxRSS / 1_024, 0),
    };
  } finally {
    await ended(server);
  }
}

async function ours(port: number, channel: string): Promise<number> {
  const options: ExchangeOptions = {
    symbols,
    channels: [channel],
    endpoint: `http://127.0.0.1:${port}`,
    checkSymbols: false,
    books: { snapshotEveryMs: false },
    silence: { [channel]: false },
  };
  const source = exchange("okx", options);
  const kind = channel === "trades" ? "trade" : "orderbook";
  const done = Promise.withResolvers<number>();
  let seen = 0;
  let begun = 0;
  source.on(
    kind,
    () => {
      if (seen === 0) begun = performance.now();
      if (++seen === MESSAGES) done.resolve((performance.now() - begun) / 1_000);
    },
    { queue: MESSAGES },
  );
  await source.start();
  const seconds = await done.promise;
  await source.stop();
  return seconds;
}

async function bare(port: number): Promise<number> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/public`, { perMessageDeflate: false });
  await once(socket, "open");
  const done = Promise.withResolvers<number>();
  let seen = 0;
  let begun = 0;
  socket.on("message", (data: Buffer) => {
    if (seen === 0) begun = performance.now();
    JSON.parse(data.toString());
    if (++seen === MESSAGES) done.resolve((performance.now() - begun) / 1_000);
  });
  socket.send("subscribe");
  const seconds = await done.promise;
  socket.terminate();
  return seconds;
}

async function ended(server: ChildProcess): Promise<void> {
  const exit = once(server, "exit");
  server.kill();
  await exit;
}
