import type { SymbolForm } from "../model/symbols.ts";

/** OKX: `BTC-USDT`, `BTC-USDT-SWAP`, `BTC-USD-260327`, `BTC-USD-260327-90000-C`. */
export const okxSymbols: SymbolForm = {
  toNative: (symbol) => symbol.replace(/-PERP$/, "-SWAP"),
  toNormal: (native) => native.replace(/-SWAP$/, "-PERP"),
};

/** The kind of instrument as OKX words it. */
export function instrumentKind(native: string): "SPOT" | "SWAP" | "FUTURES" | "OPTION" {
  if (native.endsWith("-SWAP")) return "SWAP";
  const parts = native.split("-").length;
  if (parts === 2) return "SPOT";
  return parts === 3 ? "FUTURES" : "OPTION";
}
