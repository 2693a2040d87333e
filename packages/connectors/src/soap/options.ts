import { z } from "zod";
import type { ReadContext, Resolved, Row } from "@millrace/core";
import { duration, secret } from "../shared/http/option-types.ts";
import { tlsOptions } from "../shared/http/tls-options.ts";
import { authOptions } from "./security/auth-options.ts";
import { securityOptions } from "./security/options.ts";

const elementPath = z
  .string()
  .regex(
    /^\/?[^\s/]+(\/[^\s/]+)*$/,
    "must be names of elements with / between them, such as GetOrdersResult/Order",
  );

const retryOptions = z.strictObject({
  /** How often a request is sent at most. Default 5. */
  attempts: z.number().int().positive().default(5),
  /** Wait before the second attempt; doubled with each further one, plus up to half at random. Default 1 second. */
  delay: duration.default("1 second"),
  /** Longest wait between two attempts, also where the server asks for more. Default 1 minute. */
  maxDelay: duration.default("1 minute"),
});

/** Options of the connection to a service, the same for reading and for single calls. */
const serviceOptions = {
  /** The description of the service: a file of the project, or an address, which most often ends in `?wsdl`. */
  wsdl: z.union([z.string().min(1), z.instanceof(URL)]),
  /** Service to use, where the description has several. Default: the first with the operation. */
  service: z.string().min(1).optional(),
  /** Port to use, where the service has several. Default: the first with the operation. */
  port: z.string().min(1).optional(),
  /** Address of the service. Default: what the description says. */
  endpoint: z.url({ protocol: /^https?$/, message: "must be an http(s) address" }).optional(),
  /**
   * What is read in place of what the description imports: namespace, location, or beginning of locations that ends in `/` → a
   * file or an address. Also what imports from other hosts and folders need. Default: nothing.
   */
  imports: z.record(z.string().min(1), z.string().min(1)).default({}),
  /** Who asks, in messages: `usernameToken()`, `x509()`, or both in a list. Default: nobody. */
  security: z.union([securityOptions, z.array(securityOptions)]).default([]),
  /** Who asks, over HTTP: `basic()` or `bearer()`. Sent to the service's and the description's host only. Default: nobody. */
  auth: authOptions.optional(),
  /** Headers of every request. A value may be a function that returns a secret. Sent to those hosts only. */
  headers: z.record(z.string(), secret).default({}),
  /** Headers of the messages: name of the element → its value. */
  soapHeaders: z.record(z.string(), z.unknown()).default({}),
  /** How to try again after failures of the network and statuses 408, 429, 500 without a fault, 502, 503 and 504. */
  retry: retryOptions.default(() => retryOptions.parse({})),
  /** Longest silence: for a connection, for the answer to begin, and between its pieces. Default 60,000 ms. */
  timeoutMs: z.number().int().positive().default(60_000),
  /** Longest time for a whole answer. Default 10 minutes. */
  maxResponse: duration.default("10 minutes"),
  /** Largest answer in bytes, decompressed, with its attachments. Default 1 GiB: it is read from a temporary file. */
  maxResponseBytes: z
    .number()
    .int()
    .positive()
    .default(1024 ** 3),
  /** Largest row in characters of XML, and what stands outside of rows. Default 64 Mi. */
  maxRowLength: z
    .number()
    .int()
    .positive()
    .default(64 * 1024 ** 2),
  /** Largest description in bytes, with what it imports. Default 64 MiB. */
  maxWsdlBytes: z
    .number()
    .int()
    .positive()
    .default(64 * 1024 ** 2),
  /** Certificates and what is accepted of the server's. */
  tls: tlsOptions.default(() => tlsOptions.parse({})),
  /** Proxy to go through, such as `http://user:password@proxy:3128`. Default: none. */
  proxy: secret.optional(),
  /** Hosts with private, loopback and link-local addresses: `refuse` where addresses come from others. Default `allow`. */
  privateAddresses: z.enum(["allow", "refuse"]).default("allow"),
};

const counted = z.strictObject({
  /** Element of the input with the number of the page, or of the first row. */
  input: elementPath,
  /** First number. Default 1; 0 where `step` is `rows`. */
  start: z.number().int().optional(),
  /** What is added for the next page: a number, or `rows`, as many as came. Default 1. */
  step: z.union([z.number().int().positive(), z.literal("rows")]).default(1),
  /** Element of the answer that says whether there are more pages. Default: reading ends at the first page without rows. */
  more: elementPath.optional(),
});

const followed = z.strictObject({
  /** Element of the input that takes the cursor. The first request has what `input` says there. */
  input: elementPath,
  /** Element of the answer with the cursor of the next page; reading ends where it is empty, or the same again. */
  output: elementPath,
  /** Element of the answer that says whether there are more pages. Default: there are while there is a cursor. */
  more: elementPath.optional(),
});

const cursorOptions = z.strictObject({
  /** Member of the rows that grows, such as `Updated`; nested ones with `/`. */
  field: elementPath,
  /** Element of the input that takes the greatest value of the last runs. */
  input: elementPath,
  /** Value of the first run. Default: what `input` says. */
  start: z.union([z.string(), z.number()]).optional(),
});

/** Makes the input out of what the run was given. */
export type InputOf = (context: Pick<ReadContext, "params" | "since">) => Row;

/** Options of `soap()`. */
export const soapOptions = z.strictObject({
  ...serviceOptions,
  /** Operation to call. Default: none; the rows are the operations of the service and what they take and give. */
  operation: z.string().min(1).optional(),
  /** What the operation takes: members by the names of the elements, or a function that makes them of `{ params, since }`. */
  input: z
    .union([z.record(z.string(), z.unknown()), z.custom<InputOf>((value) => typeof value === "function")], {
      message: "must be an object, or a function that returns one",
    })
    .default({}),
  /** The elements that are rows, from within the answer's outermost element on, such as `GetOrdersResult/Order`. Default: the only ones that may repeat; otherwise the answer is one row. */
  rows: elementPath.optional(),
  /** Name of the stream. Default: the operation's name, `operations` without one. */
  stream: z.string().min(1).optional(),
  /** Columns that identify a row, for tables that name no key of their own. */
  key: z.array(z.string().min(1)).min(1).optional(),
  /** How pages follow one another. Each ends with a checkpoint, where an interrupted run goes on. Default: there is one. */
  paginate: z.union([followed, counted]).optional(),
  /** Most pages of one run. It ends there with a warning, and as not everything was read, nothing is removed. Default: none, but above 1,000,000 the run fails. */
  maxPages: z.number().int().positive().optional(),
  /** Reads only what is new since the last run. Default: everything each time. */
  cursor: cursorOptions.optional(),
});

/** Options of `soap()`, as users write them. */
export type SoapOptions = z.input<typeof soapOptions>;
/** Options of `soap()`, with the defaults filled in. */
export type ParsedSoapOptions = z.output<typeof soapOptions>;
/** Options of `soap()`, with the defaults and the secrets filled in. */
export type ResolvedSoapOptions = Resolved<ParsedSoapOptions>;
/** How pages follow one another. */
export type Pagination = NonNullable<ResolvedSoapOptions["paginate"]>;

const service = z.strictObject(serviceOptions);
/** Options of the connection, with the defaults and the secrets filled in. */
export type ServiceOptions = Resolved<z.output<typeof service>>;

/** Options of `soapOperations()`. */
export const operationsOptions = z.strictObject({
  ...serviceOptions,
  /** Folder that relative files are below. Default: the current one. */
  directory: z.string().min(1).optional(),
});
/** Options of `soapOperations()`, as users write them. */
export type SoapOperationsOptions = z.input<typeof operationsOptions>;

/** Options of `soapCall()`. */
export const callOptions = z.strictObject({
  ...operationsOptions.shape,
  /** Operation to call. */
  operation: z.string().min(1),
  /** What the operation takes: members by the names of the elements. */
  input: z.record(z.string(), z.unknown()).default({}),
  /** Aborts the call. */
  signal: z.instanceof(AbortSignal).optional(),
});
/** Options of `soapCall()`, as users write them. */
export type SoapCallOptions = z.input<typeof callOptions>;
