import { clickhouse, defineConfig } from "millrace";

/** Host, port, user and password come from CLICKHOUSE_HOST and its like, in the environment or `.env`. */
export const analytics = clickhouse({ database: "shop", tables: { orders: { version: "changed_at" } } });

export default defineConfig({ databases: { analytics } });
