import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { binanceParser } from "../binance/parse.ts";
import { depthSnapshot } from "../binance/parse-data.ts";
import { binanceSymbols } from "../binance/symbols.ts";
import { BookKeeper } from "../book/book-keeper.ts";
import { chainRule, rangeRule, type SequenceRule, unnumberedRule } from "../book/sequence-rule.ts";
import type { BookChange, Level } from "../model/market-event.ts";
import type { Fields } from "../model/fields.ts";
import { Symbols } from "../model/symbols.ts";
import { okxParser } from "../okx/parse.ts";
import { okxSymbols } from "../okx/symbols.ts";
import { type CaptureLine, readCapture } from "../replay/capture.ts";
import { collect } from "./collected.ts";

/** Captures of real exchanges, which the project does not ship: the folder that this variable names. */
const folder = process.env["MILLRACE_CAPTURES"] ?? "";
const there = folder !== "" && existsSync(path.join(folder, "expected.json"));
if (!there) process.stderr.write("real captures: skipped, as MILLRACE_CAPTURES names no folder with them\n");

interface ExpectedBook {
  readonly bids: number;
  readonly asks: number;
  readonly bestBid: readonly string[];
  readonly bestAsk: readonly string[];
  readonly crc32Top25: number;
}

const expected = there
  ? (JSON.parse(readFileSync(path.join(folder, "expected.json"), "utf8")) as {
      OKX: { finalBooks: Record<string, ExpectedBook> };
      BINANCE: { books: Record<string, ExpectedBook & { dropped: number; applied: number; lastU: number }> };
    })
  : undefined;

const okx = { form: okxSymbols, socket: "public", parser: okxParser };

test.skipIf(!there)("okx of 2022: every checksum fits, and the final books are as reckoned elsewhere", () => {
  const { events } = collect(path.join(folder, "OKX.ws.1.0"), okx);
  expect([events.ticker?.length, events.trade?.length, events.orderbook?.length]).toEqual([28, 74, 290]);
  // There were no numbers yet: the checksums alone tell.
  const keepers = keep(events.orderbook ?? [], unnumberedRule);
  expect(total(keepers, "checksum")).toBe(0);
  compareBooks(keepers, expected?.OKX.finalBooks ?? {});
});

test.skipIf(!there).each([
  ["OKX.seq.ws", 0, 0],
  ["OKX.2026.ws", 0, 0],
  ["OKX.gap.ws", 3, 0],
  ["OKX.keepalive-reset.ws", 0, 0],
  ["OKX.badcrc.ws", 0, 3],
])("okx %s: %i gaps, %i checksums that differ", (file, gaps, checksums) => {
  const { events } = collect(path.join(folder, file), okx);
  const keepers = keep(events.orderbook ?? [], chainRule);
  expect([total(keepers, "gap"), total(keepers, "checksum"), total(keepers, "crossed")]).toEqual([
    gaps,
    checksums,
    0,
  ]);
  if (gaps + checksums === 0) compareBooks(keepers, expected?.OKX.finalBooks ?? {});
});

test.skipIf(!there)(
  "binance of 2021: books begun by their REST snapshots have no gap and are as reckoned elsewhere",
  () => {
    const binance = { form: binanceSymbols, socket: "spot", parser: binanceParser };
    const { events } = collect(path.join(folder, "BINANCE.ws.1.0"), binance);
    expect([
      events.orderbook?.length,
      events.bbo?.length,
      events.trade?.length,
      events.candle?.length,
    ]).toEqual([177, 84, 2, 2]);
    const symbols = new Symbols(binanceSymbols);
    const answers = readCapture(readFileSync(path.join(folder, "BINANCE.http.0.0"), "utf8"));
    const keepers = keep(events.orderbook ?? [], rangeRule);
    for (const each of answers) begin(keepers, each, symbols);
    compareBooks(
      new Map([...keepers].map(([symbol, each]) => [symbol.replace("-", ""), each])),
      expected?.BINANCE.books ?? {},
    );
  },
);

/** Begins a book by its snapshot, and compares what became of the updates that waited for it. */
function begin(keepers: ReadonlyMap<string, BookKeeper>, answer: CaptureLine, symbols: Symbols): void {
  if (answer.kind !== "answer") return;
  const native = new URL(answer.url).searchParams.get("symbol") ?? "";
  const symbol = symbols.normal(native);
  const keeper = keepers.get(symbol) ?? new BookKeeper(rangeRule);
  const fields = JSON.parse(answer.text) as Fields;
  expect(keeper.take(depthSnapshot(fields, { symbol, channel: "depth", receivedAt: 0 }))).toBe("applied");
  const { dropped, applied, lastU } = expected?.BINANCE.books[native] ?? {};
  expect([keeper.counts.skipped, keeper.counts.changes, keeper.sequence]).toEqual([dropped, applied, lastU]);
}

function keep(changes: readonly BookChange[], rule: SequenceRule): Map<string, BookKeeper> {
  const keepers = new Map<string, BookKeeper>();
  for (const each of changes) {
    const keeper = keepers.get(each.symbol) ?? new BookKeeper(rule);
    keepers.set(each.symbol, keeper);
    keeper.take(each);
  }
  return keepers;
}

function total(keepers: ReadonlyMap<string, BookKeeper>, fault: "gap" | "checksum" | "crossed"): number {
  return keepers.values().reduce((sum, { counts }) => sum + counts.faults[fault], 0);
}

function compareBooks(
  keepers: ReadonlyMap<string, BookKeeper>,
  wanted: Readonly<Record<string, ExpectedBook>>,
): void {
  const inNormalForm = new Symbols(okxSymbols);
  expect(Object.keys(wanted).length).toBeGreaterThan(0);
  for (const [native, book] of Object.entries(wanted)) {
    const keeper = keepers.get(native) ?? keepers.get(inNormalForm.normal(native));
    const best = (level: Level | undefined): unknown => level?.slice(0, 2);
    expect({
      bids: keeper?.book.bids.size,
      asks: keeper?.book.asks.size,
      bestBid: best(keeper?.book.bids.at(0)),
      bestAsk: best(keeper?.book.asks.at(0)),
      crc32Top25: keeper?.book.checksum(),
    }).toEqual({
      bids: book.bids,
      asks: book.asks,
      bestBid: book.bestBid,
      bestAsk: book.bestAsk,
      crc32Top25: book.crc32Top25,
    });
  }
}
