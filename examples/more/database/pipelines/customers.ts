import { database, pipeline, postgres } from "millrace";

// The whole table: what it no longer holds is removed, with its history.
export default pipeline("customers", {
  source: database({ from: "shop", table: "customers" }),
  destination: postgres().table("customers", { mode: "merge" }),
});
