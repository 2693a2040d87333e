import { check, cron, json, pick, pipeline, postgres } from "millrace";
import { z } from "zod";
import { vega } from "../connectors/vega.ts";

const text = z.union([z.string(), z.number().transform(String)], "must be a text or a number");
const Movie = z.object({ title: text, date: z.string(), gross: z.number().nullable() });

export default pipeline("movies", {
  group: "arts",
  description: "Films checked against a schema: what does not fit goes to movies__quarantine with the reason",
  schedule: cron("*/2 * * * *"),
  source: json({ path: vega("movies.json") }),
  transforms: [pick({ title: "$.Title", date: "$['Release Date']", gross: "$['US Gross']" }), check(Movie)],
  destination: postgres().table("movies", { key: ["title", "date"], mode: "upsert" }),
});
