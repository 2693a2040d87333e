import { MillraceError } from "@millrace/core";
import type { KnownSecret } from "./option-types.ts";
import type { Secrets } from "./secrets.ts";

/** The value of a secret, made known so that it is masked from now on. Fails with MLR_ARGUMENT_INVALID where it is empty. */
export async function secretValue(input: KnownSecret, name: string, secrets: Secrets): Promise<string> {
  const value: unknown = typeof input === "function" ? await input() : input;
  if (typeof value !== "string" || value === "") {
    throw new MillraceError("MLR_ARGUMENT_INVALID", `${secrets.owner}: the secret "${name}" is empty`, {
      hint: "Is the environment variable that it comes from set?",
      details: { secret: name },
    });
  }
  if (/[\r\n\0]/.test(value) && !value.includes("-----BEGIN")) {
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `${secrets.owner}: the secret "${name}" has a line break in it`,
      {
        hint: "Trim what it is read from.",
        details: { secret: name },
      },
    );
  }
  secrets.add(name, value);
  return value;
}
