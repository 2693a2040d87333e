import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { findBinaries } from "../embedded/binaries.ts";
import { serverAccount } from "../embedded/account.ts";
import { locate } from "../embedded/place.ts";

/** The major version that a folder was made with, and the one of the programs that are installed. */
export interface EmbeddedMajor {
  /** Undefined: there is no database yet. */
  readonly data: string | undefined;
  readonly programs: string;
}

/** Compares the embedded database's folder with the programs. Starts nothing. Fails with MLR_DATABASE_START. */
export async function embeddedMajor(directory: string): Promise<EmbeddedMajor> {
  const layout = await locate(directory);
  const text = await readFile(join(layout.data, "PG_VERSION"), "utf8").catch(() => undefined);
  const binaries = await findBinaries(layout.directory, await serverAccount(layout.data));
  return { data: text?.trim(), programs: binaries.major };
}
