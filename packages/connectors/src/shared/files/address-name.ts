import { createHash } from "node:crypto";

/**
 * A name for an address that can be shown and stored: without user, password and fragment, and with a digest in place
 * of the query, which may hold a token.
 */
export function addressName(url: URL): string {
  const query =
    url.search === "" ? "" : `?${createHash("sha256").update(url.search).digest("hex").slice(0, 8)}`;
  return `${url.protocol}//${url.host}${url.pathname}${query}`;
}
