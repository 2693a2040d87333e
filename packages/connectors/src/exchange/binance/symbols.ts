import type { SymbolForm } from "../model/symbols.ts";

/** Stands before names of USD-M futures, which are otherwise those of spot. */
export const USDM = "usdm:";

/** What is most often paid in, longest first where one ends as another does. */
const QUOTES = [
  "FDUSD",
  "USDT",
  "USDC",
  "TUSD",
  "BUSD",
  "BTC",
  "ETH",
  "BNB",
  "EUR",
  "TRY",
  "BRL",
  "JPY",
  "GBP",
  "AUD",
  "DAI",
  "XRP",
  "SOL",
  "PAX",
  "USD",
];

/**
 * Binance writes base and quote in one word: `BTCUSDT`, with `_260327` behind it for futures that end on a day. The quote is
 * looked for at the end; names that were asked for by their normal form keep it (see `Symbols`).
 */
export const binanceSymbols: SymbolForm = {
  toNative(symbol) {
    const [base = "", quote = "", term] = symbol.split("-");
    if (term === undefined) return base + quote;
    return `${USDM}${base}${quote}${term === "PERP" ? "" : `_${term}`}`;
  },
  toNormal(native) {
    const futures = native.startsWith(USDM);
    const [pair = "", term] = (futures ? native.slice(USDM.length) : native).split("_");
    const quote = QUOTES.find((each) => pair.endsWith(each) && pair.length > each.length) ?? "";
    const name = quote === "" ? pair : `${pair.slice(0, -quote.length)}-${quote}`;
    if (!futures) return name;
    return `${name}-${term ?? "PERP"}`;
  },
};
