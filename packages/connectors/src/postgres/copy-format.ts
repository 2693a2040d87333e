/** The format of encoded rows that goes from one PostgreSQL to another: tuples of a binary COPY, without header and trailer. */
export const COPY_BINARY = "postgres-copy-binary";

const SIGNATURE = Buffer.from("PGCOPY\n\xff\r\n\0", "latin1");

/** What a binary COPY begins with: the signature, no flags, no extension. */
export const COPY_HEADER = Buffer.concat([SIGNATURE, Buffer.alloc(8)]);

/** What a binary COPY ends with. */
export const COPY_TRAILER = Buffer.from([0xff, 0xff]);
