import { csv, pipeline, postgres } from "millrace";

/** All CSV files below `2026/` in the archives, which count as folders. A file that is the same in a new archive is not read again. */
export default pipeline("trips", {
  source: csv({ path: "data/*.zip/2026/*.csv" }),
  destination: postgres().table("trips", { key: ["id"], mode: "merge", columns: { km: "numeric(6,1)" } }),
});
