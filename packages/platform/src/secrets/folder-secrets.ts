import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { checkSecretName } from "@millrace/core";
import { type PrivateFile, readPrivateFile } from "../settings/file-access.ts";
import type { SecretProvider } from "./secret-provider.ts";

/**
 * Secrets in a folder, one file each, named like the secret, as Docker and Kubernetes hand them out. One line break at the
 * end is not part of the value. A folder that does not exist has none. @param folder `path`: of the folder
 */
export function folderSecrets(folder: PrivateFile): SecretProvider {
  return {
    name: `folder ${folder.path}`,
    get: async (name) => {
      const path = join(folder.path, checkSecretName(name));
      return (await readPrivateFile({ ...folder, path }))?.replace(/\r?\n$/, "") || undefined;
    },
    list: async () => {
      const entries = await readdir(folder.path, { withFileTypes: true }).catch(() => []);
      // Kubernetes keeps its own versions in hidden folders, and the files are links to them.
      return entries
        .filter((entry) => !entry.isDirectory() && /^[A-Za-z]/.test(entry.name))
        .map((entry) => entry.name)
        .toSorted();
    },
  };
}
