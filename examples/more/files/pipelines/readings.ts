import { csv, derive, files, pipeline } from "millrace";

/** Appends to Parquet files in a folder per day: `out/readings/day=2026-11-20/…`. A file that was read is not read again. */
export default pipeline("readings", {
  source: csv({ path: "data/readings.csv" }),
  transforms: [derive({ day: ({ at }) => String(at).slice(0, 10) })],
  destination: files({ path: "out", format: "parquet", partitionBy: "day" }).table("readings", {
    columns: { at: "timestamptz", celsius: "numeric(5,2)", rain: "numeric(5,2)", day: "date" },
  }),
});
