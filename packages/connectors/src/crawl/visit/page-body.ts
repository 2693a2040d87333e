import type { Json } from "@millrace/core";
import { atPath } from "../extract/json-path.ts";
import { decodePage } from "../page/decode.ts";
import type { Fetched } from "./fetcher.ts";

const TEXTUAL = /^(text\/|application\/(xhtml\+xml|xml|json|[\w.-]+\+(xml|json)|javascript|x-ndjson))/i;

/** The text of an answer, and its HTML. Undefined for what is no text, such as an image. */
export function pageBody(
  { headers, body }: Fetched,
  htmlAt: string | undefined,
): { readonly html: string; readonly source: string } | undefined {
  const type = headers["content-type"];
  if (type !== undefined && !TEXTUAL.test(type)) return undefined;
  if (type === undefined && looksBinary(body)) return undefined;
  const source = decodePage(body, type);
  if (htmlAt === undefined) return { html: source, source };
  return { html: htmlIn(source, htmlAt), source };
}

function htmlIn(source: string, path: string): string {
  try {
    const found = atPath(JSON.parse(source) as Json, path);
    return typeof found === "string" ? found : "";
  } catch {
    return "";
  }
}

function looksBinary(body: Uint8Array): boolean {
  return body.subarray(0, 512).includes(0);
}
