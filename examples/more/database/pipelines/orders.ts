import { database, pipeline, postgres } from "millrace";

// Only what is new, and for an hour what comes late; each order with the name of its customer.
export default pipeline("orders", {
  source: database({ from: "shop", table: "orders", cursor: { column: "placed_at", lag: "1 hour" } }),
  transforms: [
    async (order, context) => {
      const shop = await context.database("shop");
      const [customer] = await shop.query("SELECT name FROM customers WHERE id = $1", [order["customer"]]);
      return { ...order, customer_name: customer?.["name"] };
    },
  ],
  destination: postgres().table("orders", { mode: "append" }),
});
