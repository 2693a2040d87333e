/** The text as it is seen; null where it is empty. */
export function text(value: string): string | null {
  const tidy = value.replaceAll(/\s+/g, " ").trim();
  return tidy === "" ? null : tidy;
}
