import type { ExportRequest } from "./row-stream.ts";
export async function* arrowBytes(_asked: ExportRequest): AsyncGenerator<Uint8Array> {}
