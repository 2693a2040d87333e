import { z } from "zod";
import { authOptions } from "./auth/options.ts";
import { clientOptions, responseOptions } from "./client/options.ts";
import { cursorOptions } from "./cursor/options.ts";
import { format, rowsPath } from "./decode/options.ts";
import { queryValues } from "./option-types.ts";
import { paginateOptions } from "./paginate/options.ts";

const record = z.record(z.string(), z.unknown());

/** Options of one resource. In texts `{parent.field}`, `{partition.name}`, `{params.name}` and `{cursor.from}` are filled in. */
export const resourceOptions = {
  /** Method of the requests. Default GET; POST with `body`, `form` or `graphql`. */
  method: z.enum(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]).optional(),
  /** Query parameters: a value or several of the same name; null and undefined are left out. */
  query: queryValues.default({}),
  /** JSON document to send. */
  body: z.unknown().optional(),
  /** Fields of a form to send instead of `body`. */
  form: z.record(z.string(), z.string()).optional(),
  /** GraphQL: the query, its variables and the operation's name. Sent as JSON; errors in the answer fail the run. */
  graphql: z
    .strictObject({
      query: z.string().min(1),
      variables: record.default({}),
      operationName: z.string().optional(),
      /** Rows that come together with errors are taken; as not everything was read, nothing is removed. Default false. */
      partial: z.boolean().default(false),
    })
    .optional(),
  /** What answers are: `json`, `jsonl`, `csv` or `xml`. Default `auto`: what the content type says. */
  format: format.default("auto"),
  /** CSV: what stands between two fields. Default: found out of `,` `;` tab and `|` from the header. */
  delimiter: z.string().length(1).optional(),
  /**
   * Where the rows are: JSONPath (RFC 9535) such as `$.features[*]`, or `{ jmespath: "…" }`. A path to an array means its
   * elements. Default: the top-level array, or the only array of the top-level object.
   */
  rows: rowsPath.optional(),
  /** Names of the columns, for rows that are arrays of values. */
  columns: z.array(z.string().min(1)).min(1).optional(),
  /** A document that has nothing where `rows` points is a page without rows instead of an error. Default false. */
  allowEmpty: z.boolean().default(false),
  /** How the pages follow one another: `pages()`, `offsets()`, `bodyCursor()`, `nextLink()`, `linkHeader()`, … Default: the first answer shows it. */
  paginate: paginateOptions.default({ kind: "auto" }),
  /**
   * Most pages of one reading of a resource, or of one parent's part of it. Reading ends there with a warning, and as not
   * everything was read, nothing is removed. Default: none, but above 1,000,000 pages the run fails, as they would never end.
   */
  maxPages: z.number().int().positive().optional(),
  /**
   * Empty pages in a row after which reading ends. Default 1 where pages are counted here, and 10 where the server says that
   * there are more; then nothing is removed.
   */
  maxEmptyPages: z.number().int().positive().optional(),
  /** Reads only what is new since the last run. Default: everything each time. */
  cursor: cursorOptions.optional(),
  /** Meanings of statuses and bodies; the first that fits counts. Default: 2xx is good, 304 unchanged, all else an error. */
  responses: z.array(responseOptions).default([]),
  /** Asks with `If-None-Match` and `If-Modified-Since`, so that an unchanged page is not read again. Default true. */
  conditional: z.boolean().default(true),
  /** Columns that identify a row, for tables that name no key of their own. */
  key: z.array(z.string().min(1)).min(1).optional(),
  /** The parts that the resource is read in, each with a cursor of its own; their values are `{partition.name}`. */
  partitions: z
    .union([
      z.array(z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]))).min(1),
      z.custom<() => Iterable<PartitionValues> | Promise<Iterable<PartitionValues>>>(
        (value) => typeof value === "function",
      ),
    ])
    .optional(),
  /** Columns added to each row: from the parent's row (`"id"`, `"$.owner.login"`) or a template such as `"{partition.region}"`. */
  include: z.record(z.string(), z.string().min(1)).optional(),
};

/** Values of one part of a resource. */
export type PartitionValues = Readonly<Record<string, string | number | boolean>>;

const nested = z.strictObject({
  ...optionalOnes(),
  /** Path below `baseUrl`, or a whole address. Default: `/` and the name of the resource. */
  path: z.string().min(1).optional(),
  /** Further headers, also with values of the parent's row. Secrets belong into `auth` or the `headers` beside `resources`. */
  headers: z.record(z.string(), z.string()).optional(),
  /** Resource whose rows this one is read for, each on its own: `{parent.field}` stands for their values. */
  parent: z.string().min(1).optional(),
});

/** Options of `http()`. */
export const httpOptions = z
  .strictObject({
    /** Address of the one resource to read. Several: `baseUrl` and `resources`. */
    url: z.union([z.string().min(1), z.instanceof(URL)]).optional(),
    /** Name of the stream that `url` gives. Default `http`. */
    stream: z.string().min(1).optional(),
    /** Address that the paths of `resources` are below. */
    baseUrl: z.union([z.string().min(1), z.instanceof(URL)]).optional(),
    /** Several resources, each a stream of its name. What is said beside them holds for each that does not say otherwise. */
    resources: z
      .record(z.string().regex(/^[A-Za-z_][\w-]*$/, "must be a name of letters, digits, _ and -"), nested)
      .optional(),
    /** Who asks: `bearer()`, `apiKey()`, `basic()`, `oauth2()`, `jwt()`, `sessionToken()`, or a function that signs. Default: nobody. */
    auth: authOptions.optional(),
    ...clientOptions,
    ...resourceOptions,
  })
  .superRefine((options, context) => {
    const fault = faultOf(options);
    if (fault !== undefined) context.addIssue({ code: "custom", message: fault });
  });

/** Options of `http()`, as users write them. */
export type HttpOptions = z.input<typeof httpOptions>;
/** Options of `http()`, with the defaults filled in. */
export type ResolvedHttpOptions = z.output<typeof httpOptions>;
const resourceSchema = z.strictObject(resourceOptions);
/** Options of one resource, with the defaults filled in. */
export type ResourceOptions = z.output<typeof resourceSchema> & {
  path?: string;
  parent?: string;
  headers?: Readonly<Record<string, string>>;
};

/** In `resources` what is not said has no default: it is what is said beside them. */
function optionalOnes(): { [K in keyof typeof resourceOptions]: z.ZodOptional<(typeof resourceOptions)[K]> } {
  const entries = Object.entries(resourceOptions).map(([name, schema]) => {
    const inner = schema instanceof z.ZodDefault ? schema.unwrap() : schema;
    return [name, (inner as z.ZodType).optional()];
  });
  return Object.fromEntries(entries) as ReturnType<typeof optionalOnes>;
}

function faultOf({
  url,
  baseUrl,
  resources,
  stream,
}: {
  url?: string | URL | undefined;
  baseUrl?: string | URL | undefined;
  resources?: object | undefined;
  stream?: string | undefined;
}): string | undefined {
  if (url === undefined && resources === undefined) return "needs `url`, or `baseUrl` and `resources`";
  if (url !== undefined && (resources !== undefined || baseUrl !== undefined)) {
    return "takes either `url` or `baseUrl` and `resources`";
  }
  if (resources !== undefined && stream !== undefined)
    return "takes `stream` only with `url`: resources have names";
  if (resources !== undefined && Object.keys(resources).length === 0) return "needs at least one resource";
  const address = String(url ?? baseUrl ?? "http://x");
  if (!/^https?:\/\//i.test(address)) return `"${address.slice(0, 80)}" is not an http(s) address`;
  return undefined;
}
