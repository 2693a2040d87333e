import { csv, pipeline, postgres } from "millrace";

/** Orders that name countries by the codes of codebooks/countries.csv. */
export default pipeline("orders", {
  source: csv({ path: "data/orders.csv" }),
  destination: postgres().table("orders", {
    key: ["id"],
    columns: { id: "integer", country: "text", total: "numeric(12,2)" },
  }),
});
