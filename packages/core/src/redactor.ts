import { MillraceError } from "./errors.ts";
import type { Json } from "./json.ts";

/** What stands in place of a secret. */
const MASK = "***";
/** Shorter texts are not looked for: they would be found in what is no secret. */
const SHORTEST = 4;
/** Parts of a secret's base64 are looked for from this length on. */
const SHORTEST_PART = 8;
/** Lines of a secret of several lines, such as a key, are looked for from this length on. */
const SHORTEST_LINE = 12;
/** What means something in a regular expression. */
const SPECIAL = /[\\^$.*+?()[\]{}|/-]/g;
/** How deep objects and causes are looked through. */
const DEEPEST = 12;

/** Masks the secrets that it knows, in every form in which they may appear. */
export class Redactor {
  readonly #values = new Set<string>();
  readonly #forms = new Set<string>();
  #pattern: RegExp | undefined;

  /** True while it knows none. */
  get isEmpty(): boolean {
    return this.#forms.size === 0;
  }

  /** Makes a secret known; texts of up to 3 characters are left out. Of a URL the password alone is one as well. */
  add(value: string): void {
    if (value.length < SHORTEST || this.#values.has(value)) return;
    this.#values.add(value);
    for (const form of formsOf(value)) this.#forms.add(form);
    this.addPasswordOf(value);
    this.#pattern = undefined;
  }

  /** Makes the password in a connection URL known, and nothing else of it. */
  addPasswordOf(url: string): void {
    for (const password of passwordsIn(url)) this.add(password);
  }

  /** The text with `***` in place of each secret. */
  text(text: string): string {
    if (this.isEmpty) return text;
    this.#pattern ??= patternOf(this.#forms);
    return text.replace(this.#pattern, MASK);
  }

  /** A copy with `***` in place of secrets in all its texts, `value` itself where there are none. Names of members stay. */
  value<T>(value: T): T {
    // What is replaced is of the same type.
    return this.isEmpty ? value : (this.#value(value, 0) as T);
  }

  /** An error of the same kind without secrets in message, hint, details, stack and causes; the same where it has none. */
  error<T>(error: T): T {
    return this.isEmpty ? error : (this.#error(error, 0) as T);
  }

  #value(value: unknown, depth: number): unknown {
    if (typeof value === "string") return this.text(value);
    if (typeof value !== "object" || value === null || depth > DEEPEST) return value;
    if (value instanceof Error) return this.#error(value, depth);
    if (Array.isArray(value)) {
      const masked = value.map((each) => this.#value(each, depth + 1));
      return masked.some((each, index) => each !== value[index]) ? masked : value;
    }
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) return value;
    const entries = Object.entries(value);
    const masked = entries.map(([name, each]) => [name, this.#value(each, depth + 1)] as const);
    return masked.some(([, each], index) => each !== entries[index]?.[1])
      ? Object.fromEntries(masked)
      : value;
  }

  #error(error: unknown, depth: number): unknown {
    if (!(error instanceof Error)) return this.#value(error, depth);
    if (depth > DEEPEST) return error;
    const masked = this.#masked(error, depth);
    const same = Object.entries(masked).every(([name, value]) => Reflect.get(error, name) === value);
    return same ? error : copyOf(error, masked);
  }

  #masked(error: Error, depth: number): MaskedError {
    const own = error instanceof MillraceError ? error : undefined;
    return {
      message: this.text(error.message),
      stack: error.stack === undefined ? undefined : this.text(error.stack),
      cause: this.#error(error.cause, depth + 1),
      ...(own === undefined ? {} : { hint: own.hint === undefined ? undefined : this.text(own.hint) }),
      ...(own === undefined ? {} : { details: this.value(own.details) }),
    };
  }
}

/**
 * The redactor of this process: it knows every secret that was resolved in it. Whatever leaves the process for people to
 * read goes through it.
 */
export const redactor = new Redactor();

/** What is said of an error, without secrets. */
interface MaskedError {
  readonly message: string;
  readonly stack: string | undefined;
  readonly cause: unknown;
  readonly hint?: string | undefined;
  readonly details?: Record<string, Json>;
}

function copyOf(error: Error, { message, stack, cause, hint, details = {} }: MaskedError): Error {
  const because = cause === undefined ? {} : { cause };
  const copy =
    error instanceof MillraceError
      ? new MillraceError(error.code, message, {
          ...(hint === undefined ? {} : { hint }),
          details,
          retry: error.retry,
          ...because,
        })
      : Object.assign(new Error(message, because), { name: error.name, ...codeOf(error) });
  if (stack === undefined) delete copy.stack;
  else copy.stack = stack;
  return copy;
}

function codeOf(error: Error): { readonly code?: string } {
  return "code" in error && typeof error.code === "string" ? { code: error.code } : {};
}

/** The longest first: one may be a part of another. */
function patternOf(forms: ReadonlySet<string>): RegExp {
  const sorted = [...forms].toSorted((a, b) => b.length - a.length);
  return new RegExp(sorted.map((form) => form.replaceAll(SPECIAL, "\\$&")).join("|"), "g");
}

/** As it is, as it stands in URLs, forms, JSON and base64, and the lines of a longer one. */
function formsOf(value: string): string[] {
  const wellFormed = value.toWellFormed();
  const encoded = encodeURIComponent(wellFormed);
  const lines = value.split(/\r?\n/).map((line) => line.trim());
  const forms = [
    value,
    value.trim(),
    encoded,
    encoded.replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    encodeURI(wellFormed),
    new URLSearchParams([["", wellFormed]]).toString().slice(1),
    JSON.stringify(value).slice(1, -1),
    ...base64Forms(Buffer.from(wellFormed, "utf8")),
    ...(lines.length > 1
      ? lines.filter((line) => line.length >= SHORTEST_LINE && !line.startsWith("-----"))
      : []),
  ];
  return forms.filter((form) => form.length >= SHORTEST);
}

/** Whole, and the part that is the same whatever stands before and behind: `user:password` is one text in base64. */
function base64Forms(bytes: Buffer): string[] {
  const parts = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64");
    return text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
  });
  const whole = bytes.toString("base64");
  const forms = [whole, whole.replace(/=+$/, ""), ...parts.filter((part) => part.length >= SHORTEST_PART)];
  return forms.flatMap((form) => [form, form.replaceAll("+", "-").replaceAll("/", "_")]);
}

/** The password of a connection URL, as it stands there and as it is meant. */
function passwordsIn(value: string): string[] {
  const found = /^[a-z][a-z0-9+.-]*:\/\/([^/?#:@]*):([^/?#]*)@/i.exec(value);
  const [, user = "", password = ""] = found ?? [];
  // One that is the user's name as well is no secret, and masking it would hide the user in every message.
  if (password === user) return [];
  try {
    return [password, decodeURIComponent(password)];
  } catch {
    return [password];
  }
}
