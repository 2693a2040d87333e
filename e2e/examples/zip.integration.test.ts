import { createWriteStream } from "node:fs";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { expect, test } from "vitest";
import { ZipFile } from "yazl";
import { withExample } from "./bed.ts";

test("the example reads the files in archives, and of a new archive what it has new", () =>
  withExample("zip", async ({ folder, client, millrace }) => {
    expect(await millrace("run")).toMatchObject([{ tables: { trips: { inserted: 3 } } }]);
    expect(await millrace("run")).toMatchObject([{ tables: { trips: { inserted: 0, unchanged: 3 } } }]);
    const zip = new ZipFile();
    zip.addBuffer(Buffer.from("id,from,to,km\n5,Mill,Old Quay,3.5\n"), "2026/03.csv");
    zip.end();
    await pipeline(zip.outputStream, createWriteStream(path.join(folder, "data/trips-new.zip")));
    expect(await millrace("run")).toMatchObject([{ tables: { trips: { inserted: 1, removed: 0 } } }]);
    const { rows } = await client.query('SELECT id, "to", km::text FROM trips ORDER BY id');
    expect(rows).toEqual([
      { id: 2, to: "Mill", km: "3.5" },
      { id: 3, to: "Lock, upper", km: "7.0" },
      { id: 4, to: "Old Quay", km: "10.5" },
      { id: 5, to: "Old Quay", km: "3.5" },
    ]);
  }));
