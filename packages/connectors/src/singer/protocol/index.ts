export { exactJson } from "./exact-json.ts";
export { readSinger, type SingerInput } from "./read-singer.ts";
export { SINGER_SLICE, type SingerMessage } from "./singer-reading.ts";
export { readCheckpoint } from "./singer-state.ts";
