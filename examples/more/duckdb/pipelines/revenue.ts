import { readFileSync } from "node:fs";
import { jsonl, pipeline, postgres, sql } from "millrace";

const near = (file: string): URL => new URL(`../${file}`, import.meta.url);
const countries = { path: near("data/countries.csv"), columns: { vat: "numeric(3,2)" } };
const columns = { price: "numeric(10,2)" };

/** All orders of a reading, joined with a table of countries and added up by day. */
export default pipeline("revenue", {
  source: jsonl({ path: "data/orders.jsonl" }),
  transforms: [
    sql(readFileSync(near("revenue.sql"), "utf8"), { over: "epoch", tables: { countries }, columns }),
  ],
  destination: postgres().table("revenue", { key: ["ordered", "country"] }),
});
