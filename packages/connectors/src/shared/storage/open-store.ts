import path from "node:path";
import { S3Service } from "../files/s3/s3-service.ts";
import { FolderBackend } from "./backend/folder-backend.ts";
import { S3Backend } from "./backend/s3-backend.ts";
import { ObjectStore, type StoreParts } from "./object-store.ts";
import type { ResolvedStoreOptions } from "./options.ts";

/** What a storage finds its place by: a part of what sources and destinations are given. */
export interface StoreEnvironment {
  /** The project's folder, absolute. */
  readonly directory: string;
  /** Where Millrace keeps what is the project's own, absolute. Default `.millrace` in `directory`. */
  readonly dataDirectory?: string;
  /** Settings by name, such as AWS_ACCESS_KEY_ID. */
  setting?(name: string): string | undefined;
}

/** Opens a storage; nothing is asked or made yet. Fails with MLR_ARGUMENT_INVALID where half of the credentials is missing. */
export function openStore(
  options: ResolvedStoreOptions,
  environment: StoreEnvironment,
  parts: Pick<StoreParts, "warn" | "clock" | "onStep"> = {},
): ObjectStore {
  const { directory, dataDirectory = path.join(directory, ".millrace") } = environment;
  const bucket = /^s3:\/\/(.+)$/i.exec(options.at ?? "")?.[1];
  if (bucket === undefined) {
    const root =
      options.at === undefined ? path.join(dataDirectory, "objects") : path.resolve(directory, options.at);
    return new ObjectStore({ ...parts, options, backend: new FolderBackend(root) });
  }
  const service = new S3Service(options.s3, (name) => environment.setting?.(name));
  return new ObjectStore({ ...parts, options, backend: new S3Backend(bucket, service) });
}
