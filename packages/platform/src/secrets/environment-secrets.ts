import { SECRET_PREFIX } from "../settings/unknown-variables.ts";
import type { SecretProvider } from "./secret-provider.ts";

/** The variable of a secret: `shop.password` → `MILLRACE_SECRET_SHOP_PASSWORD`. */
export function secretVariable(name: string): string {
  return SECRET_PREFIX + name.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_");
}

/** Secrets in environment variables; an empty one counts as not set. @param environment name → value */
export function environmentSecrets(
  environment: Readonly<Record<string, string | undefined>>,
): SecretProvider {
  const valueOf = (variable: string): string | undefined => environment[variable] || undefined;
  return {
    name: "environment",
    get: async (name) => valueOf(secretVariable(name)),
    list: async () =>
      Object.keys(environment)
        .filter((variable) => variable.startsWith(SECRET_PREFIX) && valueOf(variable) !== undefined)
        .map((variable) => variable.slice(SECRET_PREFIX.length).toLowerCase())
        .toSorted(),
  };
}
