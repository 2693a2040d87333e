import { csv, pipeline, postgres } from "millrace";

/** Its columns are declared, so that `millrace deploy-tables` makes the table before the migrations build on it. */
export default pipeline("orders", {
  source: csv({ path: "data/orders.csv" }),
  destination: postgres().table("orders", {
    key: ["id"],
    columns: { id: "integer", country: "text", total: "numeric(12,2)" },
  }),
});
