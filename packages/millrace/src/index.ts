export { defineConfig, type ProjectConfig } from "./project/config.ts";
export { pipeline } from "@millrace/core";
