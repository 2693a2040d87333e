import { defineConfig, sqlserver } from "millrace";

/** Where the shop's database is. Its password belongs into the environment, never into a file of the project. */
export const shop = sqlserver({ url: process.env["SHOP_URL"] ?? "mssql://shop@localhost/shop" });

export default defineConfig({ databases: { shop } });
