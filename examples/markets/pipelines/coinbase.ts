import { exchange, marketTables, pipeline, postgres } from "millrace";
import { endpoint } from "../endpoint.ts";

export default pipeline("coinbase", {
  group: "markets",
  description: "Trades, order books, best prices and candles of Coinbase",
  source: exchange("coinbase", {
    symbols: ["BTC-USD", "ETH-USD"],
    channels: ["trades", "book", "ticker", "heartbeat"],
    candles: { intervals: ["10s"] },
    endpoint: endpoint("coinbase"),
  }),
  destination: postgres().tables(marketTables("coinbase_")),
});
