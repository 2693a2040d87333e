import type { SecretProvider } from "./secret-provider.ts";
import type { SecretStore } from "./secret-store.ts";

/** The secrets that `millrace secret set` stores. @param open is called when it is first asked. */
export function storedSecrets(open: () => Promise<SecretStore>): SecretProvider {
  return {
    name: "store",
    get: async (name) => (await open()).get(name),
    list: async () => (await (await open()).list()).map(({ name }) => name),
  };
}
