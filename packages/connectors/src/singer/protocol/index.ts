export { exactJson } from "./exact-json.ts";
export { readSinger, type SingerInput } from "./read-singer.ts";
export type { SingerMessage } from "./reading-options.ts";
export { SINGER_SLICE } from "./singer-reading.ts";
export { readCheckpoint } from "./singer-state.ts";
