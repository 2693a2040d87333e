import { defineConfig, mariadb } from "millrace";

/** Where the shop's database is. Its password belongs into the environment, never into a file of the project. */
export const shop = mariadb({ url: process.env["SHOP_URL"] ?? "mariadb://shop@localhost/shop" });

export default defineConfig({ databases: { shop } });
