import { randomUUID } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Makes an empty temporary folder that every user may enter. */
export async function temporaryFolder(): Promise<string> {
  const folder = join(tmpdir(), `millrace-${randomUUID().slice(0, 8)}`);
  await mkdir(folder, { mode: 0o755 });
  return folder;
}

export async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}
