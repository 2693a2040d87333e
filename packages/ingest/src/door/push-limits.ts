/** Limits on what one sender may send at a time. */
export interface PushLimits {
  /** Bytes of one body, unpacked, that is streamed: NDJSON and CSV. */
  readonly bodyBytes: number;
  /** Bytes of one JSON body, unpacked, and of one message by gRPC: they are read whole. */
  readonly messageBytes: number;
  /** Bytes of one Parquet file, which is put aside in a temporary file. */
  readonly fileBytes: number;
  /** Bytes of one of its row groups, unpacked, which is in memory at a time. */
  readonly groupBytes: number;
  /** Bytes of one row. */
  readonly rowBytes: number;
  /** Rows of one body. */
  readonly bodyRows: number;
  /** Fields of one row. */
  readonly fields: number;
  /** Levels of objects and arrays in one row. */
  readonly depth: number;
  /** Rows of one commit that a long body is cut into. */
  readonly partRows: number;
  /** Bytes of it. */
  readonly partBytes: number;
  /** Milliseconds without a byte, after which a body is given up. */
  readonly idleMs: number;
  /** Bytes that the durable queue holds, packed, of all streams. */
  readonly queueBytes: number;
  /** Rows per second of one token; 0: any number. */
  readonly rowsPerSecond: number;
}

const MIB = 1_048_576;

/** The limits where nothing else is said. */
export const PUSH_LIMITS: PushLimits = {
  bodyBytes: 10_240 * MIB,
  messageBytes: 32 * MIB,
  fileBytes: 2_048 * MIB,
  groupBytes: 512 * MIB,
  rowBytes: 4 * MIB,
  bodyRows: 100_000_000,
  fields: 1_000,
  depth: 64,
  partRows: 10_000,
  partBytes: 8 * MIB,
  idleMs: 30_000,
  queueBytes: 4_096 * MIB,
  rowsPerSecond: 0,
};
