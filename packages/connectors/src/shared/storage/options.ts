import { z } from "zod";
import { durationMs } from "../http/duration.ts";
import { bytesOf } from "./byte-size.ts";

const duration = z.string().transform((text, context) => {
  const ms = durationMs(text);
  if (ms !== undefined) return ms;
  context.addIssue({ code: "custom", message: 'must be a duration such as "90 days"' });
  return z.NEVER;
});

const size = z.union([z.number().int().positive(), z.string()]).transform((value, context) => {
  const bytes = typeof value === "number" ? value : bytesOf(value);
  if (bytes !== undefined) return bytes;
  context.addIssue({ code: "custom", message: 'must be a number of bytes, or a size such as "50 GB"' });
  return z.NEVER;
});

const retentionRule = z.strictObject({
  /** Only objects of this kind. Default: of every kind that no other rule names. */
  kind: z.string().min(1).optional(),
  /** Objects that are older go, such as `"90 days"`. Default: age is no reason. */
  olderThan: duration.optional(),
  /** The newest so many stay, older ones go. Default: any number. */
  keepNewest: z.int().positive().optional(),
  /** The oldest go until what is left is not larger, such as `"50 GB"`. Default: any size. */
  maxBytes: size.optional(),
});

/** Options of `objectStore()`. */
export const storeOptions = z.strictObject({
  /**
   * Where the objects are: a folder, from the project's folder on, or `s3://bucket/prefix` of Amazon S3 or a service that is
   * compatible. Credentials for it come from the settings of the AWS tools, such as AWS_ACCESS_KEY_ID. Default: the folder
   * `objects` in the folder of what Millrace keeps.
   */
  at: z.string().min(1).optional(),
  /** How the bucket is reached. Default: the settings of the AWS tools, such as AWS_ENDPOINT_URL_S3. */
  s3: z
    .strictObject({
      /** Address of an S3-compatible service, such as `https://minio.example.com:9000`. Default AWS_ENDPOINT_URL_S3, otherwise Amazon's own. */
      endpoint: z
        .string()
        .regex(/^https?:\/\//, "must begin with http:// or https://")
        .optional(),
      /** Default AWS_REGION, otherwise `us-east-1`. */
      region: z.string().min(1).optional(),
      /** The bucket stands in the path instead of the host name. Default: true with an `endpoint`. */
      pathStyle: z.boolean().optional(),
    })
    .default({}),
  /** What `millrace storage prune` removes. What is held stays whatever they say. Default: nothing. */
  retention: z.array(retentionRule).readonly().default([]),
  /** Bytes that may be stored. Default: any number. */
  quota: z
    .strictObject({
      /** What would make the storage larger than this is refused, such as `"500 GB"`. */
      bytes: size,
      /** Share of it from which on people are told, 0 to 1. Default 0.8. */
      alertAt: z.number().gt(0).max(1).default(0.8),
    })
    .optional(),
  /** Contents that nobody has put again for so long are compressed by `millrace storage prune`. Default: none. */
  compress: z
    .strictObject({
      /** Such as `"30 days"`. */
      after: duration,
      /** Default `zstd`. */
      format: z.enum(["zstd", "gzip"]).default("zstd"),
    })
    .optional(),
  /** Largest object in bytes, or such as `"1 GB"`. Default 5 GiB. */
  maxBytes: size.default(5 * 1024 ** 3),
});

/** Options of `objectStore()`, as users write them. */
export type StoreOptions = z.input<typeof storeOptions>;
/** Options of `objectStore()`, with the defaults filled in. */
export type ResolvedStoreOptions = z.output<typeof storeOptions>;
/** What is removed, with durations in milliseconds and sizes in bytes. */
export type RetentionRule = z.output<typeof retentionRule>;
