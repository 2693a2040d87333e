import { mkdtemp, open, rm, type FileHandle } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

/** Content that was put aside; who has it closes the handle and deletes `folder`. */
export interface TemporaryFile {
  readonly handle: FileHandle;
  readonly size: number;
  /** What is to be deleted in the end; undefined where nothing is left to delete. */
  readonly folder: string | undefined;
}

/** Writes pieces to a file that nobody else can read. Leaves nothing behind where a piece fails. */
export async function saveTemporary(pieces: AsyncIterable<Buffer>): Promise<TemporaryFile> {
  const folder = await mkdtemp(path.join(tmpdir(), "millrace-download-"));
  try {
    const handle = await open(path.join(folder, "content"), "wx+", 0o600);
    try {
      let size = 0;
      for await (const piece of pieces) {
        size += piece.length;
        await handle.writeFile(piece);
      }
      // Without a name nothing can be left behind by a crash; where an open file keeps its name, closing deletes it.
      const gone = await rm(folder, { recursive: true, force: true }).then(
        () => true,
        () => false,
      );
      return { handle, size, folder: gone ? undefined : folder };
    } catch (error) {
      await handle.close();
      throw error;
    }
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}
