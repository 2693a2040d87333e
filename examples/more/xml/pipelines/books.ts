import { derive, pipeline, postgres, xml } from "millrace";

/** Each `<book>` is a row: attributes and child elements are columns. `author` is an array in every row, also where there is one. */
export default pipeline("books", {
  source: xml({ path: "data/*.xml", rows: "/catalog/book", lists: ["author"] }),
  transforms: [derive({ price: ({ price }) => (price as { text?: string } | null)?.text })],
  destination: postgres().table("books", {
    key: ["id"],
    mode: "merge",
    columns: { price: "numeric(8,2)", published: "date" },
  }),
});
