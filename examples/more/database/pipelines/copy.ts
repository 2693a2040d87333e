import { database, pipeline, postgres } from "millrace";

// From PostgreSQL to PostgreSQL without a transform the rows go through as bytes.
export default pipeline("copy", {
  source: database({ from: "shop", table: "customers" }),
  destination: postgres().table("customers_copy", { mode: "replace" }),
});
