/** Names of settings whose values are kept out of logs and errors. */
const SECRET_NAME = /pass|pwd|secret|token|key|auth|credential|private|cert|signature|session|cookie|dsn/i;
/** The part of a URL that must not be seen. */
const URL_PASSWORD = /^[a-z][a-z0-9+.-]*:\/\/[^/@\s:]*:([^/@\s]+)@/i;
/** Shorter values would be found everywhere. */
const SHORTEST = 4;
const MASK = "***";

/** A function that replaces the secrets of these settings in a text. */
export function secretsMask(settings: readonly unknown[]): (text: string) => string {
  const secrets = new Set<string>();
  for (const each of settings) collect(each, false, secrets);
  // The longest first: one may be a part of another.
  const found = [...secrets].toSorted((a, b) => b.length - a.length);
  return (text) => found.reduce((masked, secret) => masked.replaceAll(secret, MASK), text);
}

function collect(value: unknown, secret: boolean, into: Set<string>): void {
  if (typeof value === "string") {
    const password = URL_PASSWORD.exec(value)?.[1];
    if (password !== undefined) add(password, into);
    if (secret) add(value, into);
    return;
  }
  if (typeof value === "number" && secret) return add(String(value), into);
  if (typeof value !== "object" || value === null) return;
  for (const [name, each] of Object.entries(value)) {
    collect(each, secret || (!Array.isArray(value) && SECRET_NAME.test(name)), into);
  }
}

/** Also as it stands in JSON and in a URL, and the lines of keys of several lines. */
function add(secret: string, into: Set<string>): void {
  const forms = [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret.toWellFormed()),
    ...secret.split("\n"),
  ];
  for (const form of forms) if (form.trim().length >= SHORTEST) into.add(form.trim());
}
