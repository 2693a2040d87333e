import { expect, test } from "vitest";
import { withExample } from "./bed.ts";

test("the example reads elements as rows, and the second time nothing changes", () =>
  withExample("xml", async ({ client, millrace }) => {
    expect(await millrace("run")).toMatchObject([{ tables: { books: { inserted: 2 } } }]);
    const { rows } = await client.query(
      "SELECT id, lang, title, author, price::text, published::text FROM books ORDER BY id",
    );
    expect(rows).toEqual([
      {
        id: "b1",
        lang: "en",
        title: "Rivers & Mills",
        author: ["Ames"],
        price: "12.50",
        published: "2021-03-04",
      },
      {
        id: "b2",
        lang: "fr",
        title: "Moulins à eau",
        author: ["Blanc", "Noir"],
        price: "30.00",
        published: null,
      },
    ]);
    expect(await millrace("run", "--full")).toMatchObject([
      { tables: { books: { read: 2, unchanged: 2, removed: 0 } } },
    ]);
  }));
