import type { Json } from "@millrace/core";

/** Shorter texts are not looked for: they would be found in what is no secret. */
const SHORTEST = 4;
const MASK = "***";
/** Names of query parameters whose values are never shown, whoever put them there. */
const SECRET_NAME =
  /(^|[-_.])(api[-_]?key|key|token|secret|signature|sig|password|passwd|pwd|auth|credential|session|jwt|code)s?$/i;

/**
 * What must not be seen in errors, logs and checkpoints. Everything that is said goes through `mask`; what is stored
 * and read again goes through `hide` and `reveal`.
 */
export class Secrets {
  /** Whose they are, for messages: `http()`. */
  readonly owner: string;
  /** Name → value; the same name again replaces the value that `reveal` puts in. */
  readonly #current = new Map<string, string>();
  /** Every form in which a secret may appear → name. */
  readonly #forms = new Map<string, string>();
  #sorted: readonly (readonly [form: string, name: string])[] = [];

  constructor(owner: string) {
    this.owner = owner;
  }

  /** Makes `value` known under a name that is stable over runs. */
  add(name: string, value: string): void {
    if (value.length < SHORTEST || this.#current.get(name) === value) return;
    this.#current.set(name, value);
    for (const form of [
      value,
      encodeURIComponent(value),
      new URLSearchParams([["", value]]).toString().slice(1),
    ])
      this.#forms.set(form, name);
    this.#sorted = [...this.#forms].toSorted(([a], [b]) => b.length - a.length);
  }

  /** The text without any secret. */
  mask(text: string): string {
    let masked = text;
    for (const [form] of this.#sorted) masked = masked.replaceAll(form, MASK);
    return masked;
  }

  /** The address as it may be shown: without user and password, secrets and suspicious parameters masked. */
  maskUrl(url: URL): string {
    const text = `${url.protocol}//${url.host}${this.mask(url.pathname)}`;
    const full = url.search === "" ? text : `${text}?${this.#maskQuery(url.search.slice(1))}`;
    return full.length > 300 ? `${full.slice(0, 300)}…` : full;
  }

  #maskQuery(query: string): string {
    return query
      .split("&")
      .map((part) => {
        const end = part.indexOf("=");
        const name = end < 0 ? part : part.slice(0, end);
        return end >= 0 && SECRET_NAME.test(name) ? `${name}=${MASK}` : this.mask(part);
      })
      .join("&");
  }

  /** A state with names in place of secrets, which may be stored and shown; a copy in any case. */
  hide(state: object): Json {
    let text = JSON.stringify(state);
    for (const [form, name] of this.#sorted) {
      const written = JSON.stringify(form).slice(1, -1);
      if (text.includes(written)) text = text.replaceAll(written, `{{secret:${name}}}`);
    }
    return JSON.parse(text) as Json;
  }

  /** Puts the secrets of today into a text that `hide` wrote. */
  reveal(text: string): string {
    if (!text.includes("{{secret:")) return text;
    return text.replaceAll(/\{\{secret:([\w.-]+)\}\}/g, (whole, name: string) => {
      const value = this.#current.get(name);
      return value === undefined ? whole : encodeURIComponent(value);
    });
  }
}
