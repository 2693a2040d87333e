export * from "./failing.ts";
export * from "./failing-source.ts";
export * from "./gated-source.ts";
export * from "./manual-clock.ts";
export * from "./memory-destination.ts";
export * from "./memory-source.ts";
export * from "./recording-observer.ts";
export * from "./destination-contract.ts";
