import { redactor } from "@millrace/core";

const masked = new WeakSet<NodeJS.WriteStream>();

/**
 * From now on what is written to these streams, also by the code of pipelines, is without secrets that are known when it is
 * written. A secret that is written in several pieces is not found. Idempotent.
 */
export function maskOutput(streams: readonly NodeJS.WriteStream[]): void {
  for (const stream of streams) {
    if (masked.has(stream)) continue;
    masked.add(stream);
    const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
    stream.write = (chunk: unknown, ...rest: unknown[]) => write(without(chunk), ...rest);
  }
}

function without(chunk: unknown): unknown {
  if (redactor.isEmpty) return chunk;
  if (typeof chunk === "string") return redactor.text(chunk);
  if (!(chunk instanceof Uint8Array)) return chunk;
  const text = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString("utf8");
  const clean = redactor.text(text);
  // Bytes that are no text stay as they are.
  return clean === text ? chunk : clean;
}
