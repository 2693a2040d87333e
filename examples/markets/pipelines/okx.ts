import { exchange, marketTables, pipeline, postgres } from "millrace";
import { endpoint } from "../endpoint.ts";

export default pipeline("okx", {
  group: "markets",
  description: "Trades, order books, best prices and candles of OKX",
  source: exchange("okx", {
    symbols: ["BTC-USDT", "ETH-USDT"],
    channels: ["trades", "book", "ticker", "candles:1m"],
    candles: { intervals: ["10s"] },
    endpoint: endpoint("okx"),
  }),
  destination: postgres().tables(marketTables("okx_")),
});
