import { Cookie, CookieJar as ToughJar, MemoryCookieStore } from "tough-cookie";
import { MillraceError } from "@millrace/core";

/** A cookie as it is saved. */
export interface SavedCookie {
  readonly name: string;
  readonly value: string;
  readonly domain: string;
  readonly path: string;
  /** ISO 8601; absent: until the session ends. */
  readonly expires?: string;
  readonly secure?: boolean;
  readonly httpOnly?: boolean;
  /** True where it is for that host alone, and not for those below it. */
  readonly hostOnly?: boolean;
  readonly sameSite?: string;
  /** When it was set, ISO 8601: older ones are sent first. */
  readonly created?: string;
}

/** Longest cookie, as browsers have it (RFC 6265, 6.1). */
const MAX_COOKIE_BYTES = 4_096;
/** Cookies of one host that are kept; the oldest go first. */
const MAX_PER_HOST = 50;
/** Cookies that one answer may set. */
const MAX_PER_ANSWER = 50;
const MAX_COOKIES = 3_000;
/** Longest header that is sent; servers refuse longer ones. */
const MAX_HEADER_BYTES = 8_192;

/**
 * Cookies by host and path, by RFC 6265 with the public suffix list. A site that sets too many or too long ones fills neither
 * memory nor the requests to others: they are left out and counted.
 */
export class CookieJar {
  #store = new MemoryCookieStore();
  #jar = newJar(this.#store);
  #count = 0;
  /** Cookies that were refused: too long, too many, for another site, or none. */
  refused = 0;

  /** The header `cookie` for an address; undefined where there are none. */
  header(url: URL): string | undefined {
    let text = "";
    for (const cookie of this.#jar.getCookiesSync(url.href)) {
      const next = text === "" ? cookie.cookieString() : `${text}; ${cookie.cookieString()}`;
      if (next.length > MAX_HEADER_BYTES) break;
      text = next;
    }
    return text === "" ? undefined : text;
  }

  /** Takes what `set-cookie` headers of an answer set. */
  learn(url: URL, headers: string | readonly string[] | undefined): void {
    if (headers === undefined) return;
    const all = typeof headers === "string" ? [headers] : headers;
    this.refused += Math.max(0, all.length - MAX_PER_ANSWER);
    for (const header of all.slice(0, MAX_PER_ANSWER)) this.set(url, header);
  }

  /** Sets one cookie as a `set-cookie` header says; false where it was refused. */
  set(url: URL, header: string): boolean {
    const cookie =
      header.length > MAX_COOKIE_BYTES
        ? undefined
        : this.#jar.setCookieSync(header, url.href, { ignoreError: true });
    if (cookie === undefined) {
      this.refused++;
      return false;
    }
    this.#count++;
    this.#limit(cookie.domain ?? url.hostname);
    return true;
  }

  /** Forgets all cookies. */
  clear(): void {
    this.#store = new MemoryCookieStore();
    this.#jar = newJar(this.#store);
    this.#count = 0;
  }

  /** All cookies that have not expired. They are secrets: whoever has them is signed in. */
  save(nowMs: number): SavedCookie[] {
    return this.#all()
      .filter((cookie) => expiryMs(cookie) > nowMs)
      .map(saved);
  }

  /** Adds saved cookies. Fails with MLR_ARGUMENT_INVALID where they are none. */
  restore(cookies: readonly SavedCookie[]): void {
    for (const cookie of cookies) {
      this.#store.putCookie(restored(cookie), ignore);
      this.#count++;
    }
  }

  /** An overfull jar is looked through at each cookie, so the count that is cheap is looked at first. */
  #limit(domain: string): void {
    if (this.#count <= MAX_PER_HOST) return;
    const all = this.#all();
    this.#count = all.length;
    const ofHost = all.filter((each) => each.domain === domain);
    this.#drop(ofHost.slice(0, Math.max(0, ofHost.length - MAX_PER_HOST)));
    this.#drop(all.slice(0, Math.max(0, all.length - MAX_COOKIES)));
  }

  #drop(cookies: readonly Cookie[]): void {
    for (const { domain, path, key } of cookies) {
      this.#store.removeCookie(domain ?? "", path ?? "/", key, ignore);
      this.refused++;
      this.#count--;
    }
  }

  /** The oldest first. */
  #all(): Cookie[] {
    let found: Cookie[] = [];
    this.#store.getAllCookies((_, cookies) => (found = cookies ?? []));
    return found;
  }
}

/** The store in memory answers at once, and has no errors. */
function ignore(): void {}

function newJar(store: MemoryCookieStore): ToughJar {
  return new ToughJar(store, { looseMode: true, rejectPublicSuffixes: true, allowSpecialUseDomain: true });
}

function saved(cookie: Cookie): SavedCookie {
  const { key, value, domain, path, secure, httpOnly, hostOnly, sameSite, creation } = cookie;
  const expires = expiryMs(cookie);
  return {
    name: key,
    value,
    domain: domain ?? "",
    path: path ?? "/",
    ...(expires >= FOREVER ? {} : { expires: new Date(expires).toISOString() }),
    ...(secure ? { secure } : {}),
    ...(httpOnly ? { httpOnly } : {}),
    ...(hostOnly === true ? { hostOnly } : {}),
    ...(sameSite === undefined || sameSite === "none" ? {} : { sameSite }),
    ...(creation instanceof Date ? { created: creation.toISOString() } : {}),
  };
}

/** `max-age` counts from when the cookie was set. */
function expiryMs(cookie: Cookie): number {
  const { creation } = cookie;
  return cookie.expiryTime(creation instanceof Date ? creation : undefined) ?? FOREVER;
}

/** What tough-cookie says for: until the session ends. */
const FOREVER = 2_147_483_647_000;

function restored(cookie: SavedCookie): Cookie {
  const { name, value, domain, path, expires, secure, httpOnly, hostOnly, sameSite, created } = cookie;
  if ([name, value, domain, path].some((each) => typeof each !== "string") || domain === "") {
    throw new MillraceError("MLR_ARGUMENT_INVALID", "A saved cookie has no name, value, domain or path", {
      hint: "Give what `session.save()` returned.",
    });
  }
  return new Cookie({
    key: name,
    value,
    domain,
    path,
    expires: expires === undefined ? "Infinity" : new Date(expires),
    secure: secure ?? false,
    httpOnly: httpOnly ?? false,
    hostOnly: hostOnly ?? false,
    ...(sameSite === undefined ? {} : { sameSite }),
    creation: created === undefined ? new Date() : new Date(created),
  });
}
