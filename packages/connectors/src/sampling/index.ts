export { SamplingCollector } from "./collector/sampling-collector.ts";
