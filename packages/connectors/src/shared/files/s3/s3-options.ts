import { type Resolved, secretText } from "@millrace/core";
import { z } from "zod";

/** How `s3://` locations are reached. What is not said comes from the settings that the AWS tools use, such as AWS_REGION. */
export const s3Options = z.strictObject({
  /** Address of an S3-compatible service, such as `https://minio.example.com:9000`. Default AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL, otherwise Amazon's own. */
  endpoint: z
    .string()
    .regex(/^https?:\/\//, "must begin with http:// or https://")
    .optional(),
  /** Default AWS_REGION or AWS_DEFAULT_REGION, otherwise `us-east-1`. */
  region: z.string().min(1).optional(),
  /** Default AWS_ACCESS_KEY_ID. Without one, requests are not signed: for public buckets. */
  accessKeyId: secretText(z.string().min(1)).optional(),
  /** Secret; never shown. Default AWS_SECRET_ACCESS_KEY. */
  secretAccessKey: secretText(z.string().min(1)).optional(),
  /** Secret; never shown. Default AWS_SESSION_TOKEN. */
  sessionToken: secretText(z.string().min(1)).optional(),
  /** The bucket stands in the path instead of the host name. Default: true with an `endpoint`, which mostly needs it. */
  pathStyle: z.boolean().optional(),
});

/** Options of `s3://` locations, checked, with the values of secrets. */
export type S3Options = Resolved<z.output<typeof s3Options>>;
