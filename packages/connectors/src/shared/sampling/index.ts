export * from "./plan-loader.ts";
export * from "./reader.ts";
export * from "./reading.ts";
export * from "./sample.ts";
export * from "./variable.ts";
export * from "./writer.ts";
