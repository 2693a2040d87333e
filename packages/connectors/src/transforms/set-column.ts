import type { Row } from "@millrace/core";

/** Sets a column of a new row. Assigning to `__proto__` would change the object's prototype instead. */
export function setColumn(row: Row, name: string, value: unknown): void {
  if (name === "__proto__")
    Object.defineProperty(row, name, { value, enumerable: true, configurable: true, writable: true });
  else row[name] = value;
}
