import { files, pipeline, rows } from "millrace";

/** One CSV file that is replaced as a whole: `out/stations/stations.csv`. */
export default pipeline("stations", {
  source: rows([
    { id: "north", name: "North Gate", height: 412 },
    { id: "south", name: "South, at the river", height: 38 },
  ]),
  destination: files({ path: "out", format: "csv" }).table("stations", { mode: "replace" }),
});
