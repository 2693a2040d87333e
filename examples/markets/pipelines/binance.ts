import { exchange, marketTables, pipeline, postgres } from "millrace";
import { endpoint } from "../endpoint.ts";

export default pipeline("binance", {
  group: "markets",
  description: "Trades, order books, best prices and candles of Binance",
  source: exchange("binance", {
    symbols: ["BTC-USDT", "ETH-USDT"],
    channels: ["trade", "book", "bbo", "candles:1m"],
    candles: { intervals: ["10s"] },
    endpoint: endpoint("binance"),
  }),
  destination: postgres().tables(marketTables("binance_")),
});
