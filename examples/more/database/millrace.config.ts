import { defineConfig, postgres } from "millrace";

export default defineConfig({
  databases: {
    // Any database: mariadb({ url }), clickhouse({ url }), sqlserver({ url }).
    shop: postgres({ url: process.env["SHOP_URL"] ?? "postgresql://localhost/shop" }),
  },
});
