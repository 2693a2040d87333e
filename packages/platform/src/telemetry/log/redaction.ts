import { redactor as processRedactor } from "@millrace/core";
import type { LogRedactor } from "./log-redactor.ts";

/** What stands in place of a secret. */
const MASK = "***";

/** Names whose values are never logged, as the ends of a name: `dbPassword` and `x-api-key` are caught, `tokens` is not. */
const SECRET_NAMES: readonly string[] = [
  "password",
  "passwd",
  "passphrase",
  "pwd",
  "token",
  "authorization",
  "cookie",
  "secret",
  "secrets",
  "credential",
  "credentials",
  "apikey",
  "accesskey",
  "secretkey",
  "privatekey",
  "signingkey",
  "connectionstring",
];

/** How secrets are kept out of a log. */
export interface RedactionOptions {
  /** More names, besides those that are always hidden. Case, `_` and `-` do not count. */
  readonly names?: readonly string[];
  /** Knows the values of secrets. Default: the one of this process. */
  readonly redactor?: LogRedactor;
}

/** Takes secrets out of what is logged. */
export interface Redaction {
  /** Whether values under this name are never logged. */
  hides(name: string): boolean;
  /** `text` without secret values, passwords in URLs and credentials of HTTP. */
  text(text: string): string;
  /** What stands in place of a hidden value. */
  readonly mask: string;
}

/** Names seen that are remembered: users' data may bring any number of them. */
const REMEMBERED = 2000;
/** Both patterns need one of these, which is quick to look for. */
const URL_PASSWORD = /(:\/\/[^\s:@/]*):[^\s@/]+@/g;
const HTTP_CREDENTIALS = /\b(Bearer|Basic|Splunk) [\w\-.~+/]{8,}=*/g;

/** Prepares what `RedactionOptions` say. */
export function createRedaction(options: RedactionOptions = {}): Redaction {
  const ends = [...SECRET_NAMES, ...(options.names ?? [])].map(normal).filter((name) => name !== "");
  const { redactor = processRedactor } = options;
  let known = new Map<string, boolean>();
  return {
    mask: MASK,
    hides(name) {
      const found = known.get(name);
      if (found !== undefined) return found;
      if (known.size >= REMEMBERED) known = new Map();
      const bare = normal(name);
      const hidden = ends.some((end) => bare.endsWith(end));
      known.set(name, hidden);
      return hidden;
    },
    text(text) {
      let clean = redactor.text(text);
      const scheme = clean.indexOf("://");
      if (scheme !== -1 && clean.includes("@", scheme)) clean = clean.replace(URL_PASSWORD, `$1:${MASK}@`);
      if (clean.includes("B") || clean.includes("Splunk "))
        clean = clean.replace(HTTP_CREDENTIALS, `$1 ${MASK}`);
      return clean;
    },
  };
}

function normal(name: string): string {
  return name.toLowerCase().replaceAll(/[\s_.-]/g, "");
}
