/** Compressions that servers are told we understand, as the header `accept-encoding` has them. */
export const ACCEPTED_ENCODINGS = "gzip, deflate, br, zstd";
