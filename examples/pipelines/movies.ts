import { check, json, pick, pipeline, postgres } from "millrace";
import { z } from "zod";
import { vega } from "../connectors/vega.ts";

const title = z.union([z.string(), z.number().transform(String)]);
const Movie = z.object({ title, released: z.string(), gross: z.number().nullable() });

export default pipeline("movies", {
  group: "arts",
  description: "Films checked against a schema: what does not fit goes to movies__quarantine with the reason",
  source: json({ path: vega("movies.json") }),
  transforms: [
    pick({ title: "$.Title", released: "$['Release Date']", gross: "$['US Gross']" }),
    check(Movie),
  ],
  destination: postgres().table("movies", { key: ["title", "released"], mode: "merge" }),
});
