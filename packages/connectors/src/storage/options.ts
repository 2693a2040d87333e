import type { StoredObject } from "../shared/storage/stored-object.ts";
import { z } from "zod";
import type { StoreDefinition } from "./store-definition.ts";

const store = z.custom<StoreDefinition>(
  (value) => typeof value === "object" && value !== null && "open" in value && "options" in value,
  { message: "must be a storage made with objectStore()" },
);

/** Options of `objects()`. */
export const objectsOptions = z.strictObject({
  /** The storage, made with `objectStore()`. */
  store,
  /**
   * The key of each object, with the row's columns in braces: `orders/{year}/{month}/{id}.json`. There are also `{date}`,
   * `{year}`, `{month}`, `{day}` and `{hour}` of the commit's time in UTC, and `{stream}`.
   */
  key: z.string().min(1),
  /** Column whose text or bytes are the object's content; the other columns are kept beside it. Default: the row as JSON. */
  content: z.string().min(1).optional(),
  /** What the objects are, for retention and for people. Default `object`. */
  kind: z.string().min(1).default("object"),
  /** Such as `application/pdf`. Default: none, without `content` `application/json`. */
  contentType: z.string().min(1).optional(),
  /** Column that tells where the content came from, such as an address. Default: none. */
  source: z.string().min(1).optional(),
  /** Column that tells the document that the object belongs to. Default: none. */
  document: z.string().min(1).optional(),
});

/** An object with its content, as `stored()` gives it to `rows`. */
export interface OpenedObject extends Omit<StoredObject, "bytes"> {
  /** Bytes of the content. */
  readonly size: number;
  /** The content as a text in UTF-8, verified. */
  text(): Promise<string>;
  /** The content, verified. */
  bytes(): Promise<Uint8Array>;
  /** The content as a value of JSON, verified. */
  json(): Promise<unknown>;
  /** The content piece by piece. Its checksum is compared at its end. */
  stream(): AsyncIterable<Uint8Array>;
}

/** Makes rows of an object. */
export type RowsOf = (
  object: OpenedObject,
) =>
  | Iterable<Record<string, unknown>>
  | AsyncIterable<Record<string, unknown>>
  | Promise<Iterable<Record<string, unknown>>>;

/** Options of `stored()`. */
export const storedOptions = z.strictObject({
  /** The storage, made with `objectStore()`. */
  store,
  /** Only objects of this kind. Default: all. */
  kind: z.string().min(1).optional(),
  /** Only objects whose keys begin so, such as `orders/`. Default: all. */
  prefix: z.string().default(""),
  /** Makes rows of each object. Default: one row with what is known of the object. */
  rows: z
    .custom<RowsOf>((value) => typeof value === "function", { message: "must be a function" })
    .optional(),
  /** Column `content` of the default rows: the object's content as `text` or `bytes`. Default: none. */
  content: z.enum(["text", "bytes"]).optional(),
  /** Name of the stream. Default `objects`. */
  stream: z.string().min(1).default("objects"),
  /**
   * An object whose content is damaged or gone, or of which `rows` fails: `fail` stops the run, which comes to it again; `reject`
   * puts it into the quarantine and goes on. Default `fail`.
   */
  onError: z.enum(["fail", "reject"]).default("fail"),
});

/** Options of `objects()`, as users write them. */
export type ObjectsOptions = z.input<typeof objectsOptions>;
/** Options of `objects()`, with the defaults filled in. */
export type ResolvedObjectsOptions = z.output<typeof objectsOptions>;
/** Options of `stored()`, as users write them. */
export type StoredOptions = z.input<typeof storedOptions>;
/** Options of `stored()`, with the defaults filled in. */
export type ResolvedStoredOptions = z.output<typeof storedOptions>;
