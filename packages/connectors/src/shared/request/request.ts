import type { Answer, BodyKind } from "./answer.ts";
import { createClient, type RequestClient } from "./client.ts";
import type { DownloadOptions, Downloaded } from "./download/download.ts";
import type { RequestOptions } from "./request-options.ts";

let common: RequestClient | undefined;

/**
 * Asks for a page or a file over HTTP, with a client that the whole process shares; connections that nothing uses do not keep
 * the process alive. For limits, certificates or a proxy of one's own: `createClient`. Fails as `RequestClient.request`.
 * @example const { body } = await request("https://example.com/listings", { query: { page: 2 }, as: "json" });
 */
export function request<As extends BodyKind = "text">(
  address: string | URL,
  options: RequestOptions<As> = {},
): Promise<Answer<As>> {
  common ??= createClient();
  return common.request(address, options);
}

/**
 * Downloads a file of any size with the client of `request`: goes on where a connection broke, also in a later process, and
 * gives the file its name only when it is whole. Fails as `RequestClient.download`.
 * @example const { bytes } = await download("https://example.com/data.zip", "data.zip", { checksum: "sha256:…" });
 */
export function download(
  address: string | URL,
  file: string,
  options: DownloadOptions = {},
): Promise<Downloaded> {
  common ??= createClient();
  return common.download(address, file, options);
}
