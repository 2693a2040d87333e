import { fromBinary } from "@bufbuild/protobuf";
import { type Batch, BatchSchema } from "../rpc/ingest.gen.ts";
import { landBatch } from "../rpc/read-batch.ts";
import type { StreamDoor } from "../service/push-service.ts";
import type { PushedBatch } from "./push-body.ts";
import type { PushLimits } from "./push-limits.ts";
import { invalid, readWhole } from "./read-lines.ts";

/** What came with a request. */
export interface SentBody {
  readonly id: string | undefined;
  readonly offset: number;
  readonly body: AsyncIterable<Buffer>;
}

/**
 * Lands a body that is one message `millrace.ingest.v1.Batch`, read whole. Its id and offset stand in the message or in the
 * headers, of which the headers win. Fails with MLR_PUSH_INVALID, MLR_PUSH_LIMIT, or as `landBatch`.
 */
export async function pushProtobuf(
  { id, offset, body }: SentBody,
  door: StreamDoor,
  limits: PushLimits,
): Promise<PushedBatch> {
  const batch = parseBatch(await readWhole(body, limits.messageBytes));
  const { rows, more } = batch;
  return landBatch(
    { id: id ?? batch.id, offset: offset === 0 ? batch.offset : BigInt(offset), rows, more },
    door,
    limits,
  );
}

function parseBatch(bytes: Buffer): Batch {
  try {
    return fromBinary(BatchSchema, bytes);
  } catch (error) {
    const why = error instanceof Error ? error.message.slice(0, 200) : String(error);
    throw invalid(
      `The body is no message millrace.ingest.v1.Batch: ${why}`,
      "Its definition is packages/ingest/proto/millrace/ingest/v1/ingest.proto.",
    );
  }
}
