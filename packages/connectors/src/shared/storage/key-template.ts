import { MillraceError } from "@millrace/core";

/** Longest key in UTF-8 bytes. */
const MAX_BYTES = 1024;

/** What a template may name besides what it is given. */
export interface TemplateTime {
  readonly nowMs: number;
}

/**
 * The key that a template gives, such as `invoices/{year}/{month}/{number}.pdf`: `{date}` (2026-11-22), `{year}`, `{month}`,
 * `{day}` and `{hour}` in UTC, and the values by their names. A `/` in a value becomes `_`. Fails with MLR_ARGUMENT_INVALID
 * for a name that there is no value of.
 */
export function keyOf(
  template: string,
  values: Readonly<Record<string, unknown>>,
  { nowMs }: TemplateTime,
): string {
  const iso = new Date(nowMs).toISOString();
  const time: Readonly<Record<string, string>> = {
    date: iso.slice(0, 10),
    year: iso.slice(0, 4),
    month: iso.slice(5, 7),
    day: iso.slice(8, 10),
    hour: iso.slice(11, 13),
  };
  const key = template.replaceAll(/\{(\w+)\}/g, (_whole, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : time[name];
    if (value === undefined || value === null || typeof value === "object") {
      throw new MillraceError(
        "MLR_ARGUMENT_INVALID",
        `the key "${template}" names {${name}}, which has no value`,
        {
          hint: `There are: ${[...Object.keys(values), ...Object.keys(time)].join(", ")}.`,
          details: { key: template },
        },
      );
    }
    return (typeof value === "string" ? value : JSON.stringify(value)).replaceAll(/[/\\]/g, "_");
  });
  return checkedKey(key);
}

/** The key, if it can be one. Fails with MLR_ARGUMENT_INVALID. */
export function checkedKey(key: string): string {
  const wrong =
    key === ""
      ? "is empty"
      : Buffer.byteLength(key) > MAX_BYTES
        ? `is longer than ${MAX_BYTES} bytes`
        : // eslint-disable-next-line no-control-regex -- no name of a file or object may hold them
          /[\u0000-\u001F\u007F]/.test(key) || !key.isWellFormed()
          ? "holds characters that no name has"
          : key.split("/").some((part) => part === "" || part === "." || part === "..")
            ? "has an empty part, . or .. between its slashes"
            : undefined;
  if (wrong === undefined) return key;
  throw new MillraceError("MLR_ARGUMENT_INVALID", `the key ${JSON.stringify(key.slice(0, 100))} ${wrong}`, {
    hint: "A key is a name such as invoices/2026/4711.pdf.",
    details: { option: "key" },
  });
}
