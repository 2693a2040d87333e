import { hash } from "node:crypto";
import { MillraceError } from "@millrace/core";
import { z } from "zod";

/** What a client asks. */
export interface GraphqlRequest {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly operationName: string | undefined;
}

const Sent = z.object({
  query: z.string().max(200_000).nullish(),
  variables: z.record(z.string(), z.unknown()).nullish(),
  operationName: z.string().max(200).nullish(),
  extensions: z
    .object({
      persistedQuery: z
        .object({ version: z.literal(1), sha256Hash: z.string().regex(/^[0-9a-f]{64}$/) })
        .optional(),
    })
    .nullish(),
});

/** Texts that are remembered for clients that send a hash in place of a text. */
const REMEMBERED = 1_000;

/** Where texts are found by their SHA-256. */
export interface SavedQueries {
  /** The text, or undefined. */
  find(sha256: string): Promise<string | undefined>;
}

/**
 * Reads requests, whose text may be sent once and named by its SHA-256 from then on (automatic persisted queries); or only
 * be one of those that were saved before.
 */
export class RequestReader {
  readonly #saved: SavedQueries;
  readonly #savedOnly: boolean;
  readonly #known = new Map<string, string>();

  constructor(options: { readonly saved: SavedQueries; readonly savedOnly: boolean }) {
    this.#saved = options.saved;
    this.#savedOnly = options.savedOnly;
  }

  /** Fails with MLR_ARGUMENT_INVALID, for a hash of nothing known with the message that clients wait for. */
  async read(sent: unknown): Promise<GraphqlRequest> {
    const read = Sent.safeParse(sent);
    if (!read.success) {
      throw new MillraceError(
        "MLR_ARGUMENT_INVALID",
        `The request is not one of GraphQL: ${read.error.issues[0]?.message ?? ""}`,
        {
          hint: 'Send {"query": "{ … }", "variables": {}}; several requests are sent one by one.',
        },
      );
    }
    const { query, variables, operationName, extensions } = read.data;
    return {
      query: await this.#text(query ?? undefined, extensions?.persistedQuery?.sha256Hash),
      variables: variables ?? {},
      operationName: operationName ?? undefined,
    };
  }

  async #text(query: string | undefined, sha256: string | undefined): Promise<string> {
    if (this.#savedOnly) return this.#savedText(query, sha256);
    if (sha256 === undefined) {
      if (query !== undefined) return query;
      throw new MillraceError("MLR_ARGUMENT_INVALID", "The request has no query", {
        hint: 'Send {"query": "{ … }"}.',
      });
    }
    if (query !== undefined) {
      if (hash("sha256", query) !== sha256) {
        throw new MillraceError("MLR_ARGUMENT_INVALID", "provided sha does not match query", {
          hint: "sha256Hash is the SHA-256 of the query's text in UTF-8, in hexadecimal digits.",
        });
      }
      if (this.#known.size >= REMEMBERED) this.#known.clear();
      this.#known.set(sha256, query);
      return query;
    }
    return this.#known.get(sha256) ?? (await this.#saved.find(sha256)) ?? notFound();
  }

  async #savedText(query: string | undefined, sha256: string | undefined): Promise<string> {
    const wanted = sha256 ?? (query === undefined ? "" : hash("sha256", query));
    const found = this.#known.get(wanted) ?? (await this.#saved.find(wanted));
    if (found === undefined) {
      throw new MillraceError("MLR_ACCESS_DENIED", "Only queries that were saved before are answered here", {
        hint: "Somebody who manages the data API saves a query, and it is named by its SHA-256 from then on.",
      });
    }
    if (this.#known.size >= REMEMBERED) this.#known.clear();
    this.#known.set(wanted, found);
    return found;
  }
}

/** Apollo's clients send the text as well when they hear these words. */
function notFound(): never {
  throw new MillraceError("MLR_ARGUMENT_INVALID", "PersistedQueryNotFound", {
    hint: "Send the query's text together with its hash once.",
    details: { code: "PERSISTED_QUERY_NOT_FOUND" },
  });
}
