export { type CaptureLine, readCapture } from "./capture.ts";
export { type ReplayOptions, type ReplayServer, replayServer } from "./replay-server.ts";
