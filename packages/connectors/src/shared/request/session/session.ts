import { randomUUID } from "node:crypto";
import { MillraceError } from "@millrace/core";
import type { Outgoing } from "../outgoing.ts";
import type { AnswerHeaders } from "../whole-answer.ts";
import { CookieJar, type SavedCookie } from "./cookie-jar.ts";

/** What a session is made of. */
export interface SessionOptions {
  /** Name of the session: proxies stick to it, and cached answers belong to it. Default: a random one. */
  readonly id?: string;
  /** Headers of all its requests, such as `user-agent` and `accept-language`. Default: none. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Sets of headers that belong together; the session takes one of them, always the same for the same `id`. */
  readonly headerSets?: readonly Readonly<Record<string, string>>[];
  /** What `save()` returned, to go on from there. */
  readonly saved?: SavedSession;
}

/** A session that can be stored as JSON. It holds cookies and headers: store it as you would a password. */
export interface SavedSession {
  readonly id: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: readonly SavedCookie[];
}

/** Cookies and headers that several requests share, as those of one visitor. */
export class Session {
  readonly id: string;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies = new CookieJar();

  constructor(options: SessionOptions = {}) {
    const { saved, headers, headerSets = [] } = options;
    this.id = options.id ?? saved?.id ?? randomUUID();
    const chosen = headerSets.length === 0 ? {} : (headerSets[hashOf(this.id) % headerSets.length] ?? {});
    this.headers = lowerCase({ ...chosen, ...saved?.headers, ...headers });
    if (saved !== undefined) this.cookies.restore(checkSaved(saved).cookies);
  }

  /** The request with the cookies for its address, behind those that it has already. */
  apply(outgoing: Outgoing): Outgoing {
    const known = this.cookies.header(outgoing.url);
    if (known === undefined) return outgoing;
    const own = outgoing.headers["cookie"];
    const cookie = own === undefined ? known : `${own}; ${known}`;
    return { ...outgoing, headers: { ...outgoing.headers, cookie } };
  }

  /** Takes the cookies that an answer sets. */
  learn(url: URL, headers: AnswerHeaders): void {
    this.cookies.learn(url, headers["set-cookie"]);
  }

  /** All of it, to be given as `saved` later. Cookies are secrets: store it as you would a password. */
  save(nowMs: number = Date.now()): SavedSession {
    return { id: this.id, headers: this.headers, cookies: this.cookies.save(nowMs) };
  }
}

/**
 * Makes a session: cookies that one answer sets are sent with the next request.
 * @example const visit = session({ saved: JSON.parse(text) });
 */
export function session(options: SessionOptions = {}): Session {
  return new Session(options);
}

function checkSaved(saved: SavedSession): SavedSession {
  if (typeof saved === "object" && Array.isArray(saved.cookies)) return saved;
  throw new MillraceError("MLR_ARGUMENT_INVALID", "session(): `saved` is no saved session", {
    hint: "Give what `session.save()` returned.",
  });
}

function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/** FNV-1a: the same for the same text in every process. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193) >>> 0;
  }
  return hash;
}
