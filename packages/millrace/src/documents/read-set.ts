import { MillraceError } from "@millrace/core";

/** Values of `--set field=value`; nothing behind the sign is null. Undefined: none were given. Fails with MLR_ARGUMENT_INVALID. */
export function readSet(given: readonly string[]): Record<string, string | null> | undefined {
  if (given.length === 0) return undefined;
  return Object.fromEntries(
    given.map((each) => {
      const at = each.indexOf("=");
      if (at < 1)
        throw new MillraceError("MLR_ARGUMENT_INVALID", `--set takes field=value, not "${each}"`, {
          hint: "Such as --set total=1190.00.",
        });
      const value = each.slice(at + 1);
      return [each.slice(0, at), value === "" ? null : value] as const;
    }),
  );
}
