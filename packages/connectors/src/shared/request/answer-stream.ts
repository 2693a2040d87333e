import { Readable } from "node:stream";
import { abandon } from "./arrived.ts";
import type { Followed } from "./follow.ts";
import { receiveBody } from "./receive-body.ts";

/** What a stream is read by. */
export interface AnswerStreamOptions {
  readonly maxBytes: number;
  readonly option: string;
  /** `the answer to GET https://…`. */
  readonly where: string;
  /** What an error means. */
  readonly explain: (error: unknown) => unknown;
  /** Called once, when it was read, failed, or was destroyed. */
  readonly end: () => void;
}

/** The body as a stream, decompressed, at most `maxBytes` of it. */
export function answerStream({ arrived }: Followed, options: AnswerStreamOptions): Readable {
  const { headers, body } = arrived;
  const encoding = headers["content-encoding"];
  const raw = body instanceof Uint8Array ? Readable.from([body]) : body;
  const facts = { ...options, encoding: Array.isArray(encoding) ? encoding.join(",") : encoding };
  const pieces = async function* (): AsyncGenerator<Buffer, void, void> {
    try {
      yield* receiveBody(raw, facts);
    } catch (error) {
      throw options.explain(error);
    }
  };
  const stream = Readable.from(pieces(), { objectMode: false });
  // A stream that is destroyed before anybody read of it has not begun to receive.
  stream.once("close", () => {
    abandon(arrived);
    options.end();
  });
  return stream;
}
