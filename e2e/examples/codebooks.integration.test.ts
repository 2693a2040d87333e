import { writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { withExample } from "./bed.ts";

test("the example brings its code lists in, follows a change of one, and joins them with what a pipeline wrote", () =>
  withExample("codebooks", async ({ folder, client, millrace }) => {
    expect(await millrace("deploy-tables")).toMatchObject({
      codebooks: [
        { table: "countries", counts: { inserted: 3 } },
        { table: "order_states", counts: { inserted: 3 } },
        { table: "unit", counts: { inserted: 2 } },
      ],
    });
    await millrace("run", "orders");
    await writeFile(path.join(folder, "codebooks/countries.csv"), "code,name\nDE,Deutschland\nFR,France\n");
    expect(await millrace("deploy-tables", "--only", "codebooks")).toMatchObject({
      codebooks: [{ counts: { updated: 1, unchanged: 1, removed: 1 } }, {}, { counts: { unchanged: 2 } }],
    });
    const { rows } = await client.query(
      "SELECT c.name, sum(o.total) AS total FROM orders AS o JOIN countries AS c ON c.code = o.country GROUP BY c.name ORDER BY 1",
    );
    expect(rows).toEqual([
      { name: "Deutschland", total: "112.50" },
      { name: "France", total: "7.25" },
    ]);
    expect(await millrace("verify", "countries")).toMatchObject({ rows: 2, equal: 2 });
  }));
