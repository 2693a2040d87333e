import { expect, test } from "vitest";
import type { Cut, EncodableBatch, Session } from "../destination.ts";
import type { LaterHashes } from "../hash/pending-hashes.ts";
import type { TableDefinition } from "../schema/table.ts";
import { HashedSession } from "./hashed-session.ts";

const cut = { id: 1n } as Cut;
const table = { name: "t" } as TableDefinition;

/** A session that notes what it is asked. */
function noting(): { readonly session: HashedSession; readonly calls: string[] } {
  const calls: string[] = [];
  const session: Session = {
    recovered: { checkpoints: new Map(), openEpochs: [], lastCommit: 0n },
    define: ({ name }) => Promise.resolve(calls.push(`define ${name}`)).then(() => []),
    existing: ({ name }) => Promise.resolve(calls.push(`existing ${name}`)).then(() => undefined),
    write: async (name, batch: EncodableBatch) => {
      await Promise.resolve();
      calls.push(`write ${name} ${batch.sequence} ${batch.hashes?.join() ?? "-"}`);
    },
    commit: ({ id }) => {
      calls.push(`commit ${id}`);
      return Promise.resolve({ id, tables: {}, totals: {}, withheld: {} });
    },
    close: () => Promise.resolve(),
  };
  return { session: new HashedSession(session), calls };
}

const later = (...hashes: string[]): LaterHashes => ({ take: () => Promise.resolve(hashes) });

function batch(sequence: number, hashes?: readonly string[] | LaterHashes) {
  return { slice: "", sequence, rows: [], epochs: [], ...(hashes === undefined ? {} : { hashes }) };
}

test("a batch whose hashes are there goes out at once", async () => {
  const { session, calls } = noting();
  await session.write("t", batch(1, ["a"]));
  await session.write("u", batch(2));
  expect(calls).toEqual(["write t 1 a", "write u 2 -"]);
});

test("a batch that is being hashed goes out with the next one, in order", async () => {
  const { session, calls } = noting();
  await session.write("t", batch(1, later("a")));
  expect(calls).toEqual([]);
  await session.write("t", batch(2, later("b")));
  expect(calls).toEqual(["write t 1 a"]);
  await session.write("u", batch(3));
  expect(calls).toEqual(["write t 1 a", "write t 2 b", "write u 3 -"]);
});

test.each([
  ["commit", (session: HashedSession) => session.commit(cut), "commit 1"],
  ["define", (session: HashedSession) => session.define(table), "define t"],
  ["existing", (session: HashedSession) => session.existing(table), "existing t"],
])("before %s, what waits goes out", async (_name, act, call) => {
  const { session, calls } = noting();
  await session.write("t", batch(1, later("a")));
  await act(session);
  expect(calls).toEqual(["write t 1 a", call]);
});
