import { discard, type Arrived } from "./arrived.ts";
import type { Outgoing } from "./outgoing.ts";
import { isRedirect, redirected, redirectFailure } from "./redirect.ts";
import { headerOf } from "./whole-answer.ts";

/** How redirects are followed. */
export interface Following {
  /** -1: an answer that redirects is an answer like any other. */
  readonly maxRedirects: number;
  /** Sends one request, without following anything. */
  readonly send: (outgoing: Outgoing) => Promise<Arrived>;
  readonly show: (url: URL) => string;
  /** The first request, for errors. */
  readonly where: () => string;
}

/** A step on the way to the answer. */
export interface Redirect {
  readonly status: number;
  /** Where it led. */
  readonly url: URL;
}

/** The answer behind all redirects. */
export interface Followed {
  readonly arrived: Arrived;
  /** Of the last request: redirects may change it. */
  readonly method: string;
  readonly url: URL;
  readonly redirects: readonly Redirect[];
}

/** Sends a request and follows redirects. Fails with MLR_SOURCE_FAILED where they go in a circle, are too many, or lead nowhere. */
export async function follow(outgoing: Outgoing, following: Following): Promise<Followed> {
  const { maxRedirects, send, show, where } = following;
  let current = outgoing;
  const visited = new Map<string, number>();
  const redirects: Redirect[] = [];
  for (;;) {
    const key = `${current.method} ${current.url.href}`;
    visited.set(key, (visited.get(key) ?? 0) + 1);
    const arrived = await send(current);
    const target = headerOf(arrived.headers, "location");
    if (maxRedirects < 0 || target === undefined || !isRedirect(arrived.status)) {
      return { arrived, method: current.method, url: current.url, redirects };
    }
    await discard(arrived);
    current = redirected(current, arrived.status, target, where);
    redirects.push({ status: arrived.status, url: current.url });
    // A page that sets a cookie and sends back to itself is asked once more.
    if ((visited.get(`${current.method} ${current.url.href}`) ?? 0) > mayRepeat(arrived)) {
      throw redirectFailure(where(), `is redirected in a circle, to ${show(current.url)} again`);
    }
    if (redirects.length > maxRedirects) {
      throw redirectFailure(where(), `is redirected more than ${maxRedirects} times`);
    }
  }
}

function mayRepeat({ headers }: Arrived): number {
  return headers["set-cookie"] === undefined ? 0 : 1;
}
