import { MillraceError } from "@millrace/core";
import type { FastifyRequest } from "fastify";

/** The header that our own page sends with whatever changes something. Its value is of no matter. */
const PAGE_HEADER = "x-millrace-request";

const SAFE: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Refuses what another site lets a browser do in somebody's name. Three things stand in its way, each of them enough where
 * the browser does what it should: the cookie is `SameSite=Strict`; the server refuses an `Origin` that is not its own
 * (`checkHost`); and what changes something has to bring a header that forms cannot send, and scripts of other sites only
 * after asking us, which we never allow. A WebSocket brings no headers of a page, so there `Origin` must not be missing.
 * Fails with MLR_ACCESS_DENIED.
 */
export function checkOwnPage({ headers, method }: FastifyRequest): void {
  const upgrade = headers.upgrade !== undefined;
  if (SAFE.has(method) && !upgrade) return;
  const site = headers["sec-fetch-site"];
  if (
    upgrade ? headers.origin === undefined : site !== undefined && site !== "same-origin" && site !== "none"
  ) {
    throw new MillraceError("MLR_ACCESS_DENIED", "The request does not come from Millrace's own page", {
      hint: "Programs use an API token in the header Authorization: Bearer.",
    });
  }
  if (upgrade || headers[PAGE_HEADER] !== undefined) return;
  throw new MillraceError("MLR_ACCESS_DENIED", `The request has no header ${PAGE_HEADER}`, {
    hint: `Send "${PAGE_HEADER}: 1" with it. Programs better use an API token, which needs no such header.`,
  });
}
