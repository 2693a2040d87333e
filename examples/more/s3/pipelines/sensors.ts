import { jsonl, pipeline, postgres } from "millrace";

/** Objects of Amazon S3 or a service like it. Credentials and endpoint come from `AWS_ACCESS_KEY_ID` and the like; an object that did not change is not read again. */
export default pipeline("sensors", {
  source: jsonl({ path: "s3://measurements/2026/*.jsonl.gz" }),
  destination: postgres().table("sensors", { key: ["sensor", "at"], columns: { value: "numeric" } }),
});
