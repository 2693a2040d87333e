import { create } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { BatchSchema, IngestService } from "../src/rpc/ingest.gen.ts";

/** Pushes batches of lines of JSON in one call; returns how many rows landed. */
export async function pushByGrpc(
  to: { readonly url: string; readonly token: string; readonly stream: string },
  batches: readonly Buffer[],
): Promise<number> {
  const client = createClient(IngestService, createGrpcTransport({ baseUrl: to.url }));
  async function* requests() {
    for (const [at, value] of batches.entries())
      yield {
        stream: to.stream,
        batch: create(BatchSchema, { id: `batch-${at}`, rows: { case: "ndjson", value } }),
      };
  }
  const answer = await client.pushRows(requests(), { headers: { authorization: `Bearer ${to.token}` } });
  return Number(answer.accepted);
}
