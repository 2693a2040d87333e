import { csv, pipeline, postgres } from "millrace";

/** The stock as it was at the end of each day in Berlin: 30 days, and the last one of each of 12 months. */
export default pipeline("stock", {
  source: csv({ path: "data/stock.csv" }),
  destination: postgres().table("stock", {
    key: ["sku"],
    mode: "snapshot",
    snapshot: { every: "day", timeZone: "Europe/Berlin", retention: { days: 30, months: 12 } },
  }),
});
