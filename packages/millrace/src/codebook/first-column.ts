import { lendSecrets, MillraceError, type Source } from "@millrace/core";

/** The name of the first column of the first row that a source gives; undefined where it gives none. */
export async function firstColumn(source: Source, directory: string): Promise<string | undefined> {
  const stop = new AbortController();
  const messages = source.read({
    checkpoints: new Map(),
    openEpochs: [],
    signal: stop.signal,
    full: true,
    wants: "everything",
    params: {},
    directory,
    log: () => undefined,
    database: () => Promise.reject(new MillraceError("MLR_INTERNAL", "a code list asked for a database")),
    ...lendSecrets({}),
  });
  try {
    for await (const message of messages) {
      const [row] = message.type === "rows" ? message.rows : [];
      if (row !== undefined) return Object.keys(row)[0];
    }
    return undefined;
  } finally {
    stop.abort();
  }
}
