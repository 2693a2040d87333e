import type { Json } from "@millrace/core";
import { headerOf, type WholeAnswer } from "../../shared/request/whole-answer.ts";
import type { HttpClient } from "../client/client.ts";
import type { Draft } from "../client/draft.ts";
import type { TextRequest } from "../../shared/request/outgoing.ts";
import { decodePage, type DecodedPage } from "../decode/decode-page.ts";
import type { RowsOf } from "../decode/compile-rows.ts";
import type { PageView, Paginator } from "../paginate/paginator.ts";
import type { Secrets } from "../../shared/http/secrets.ts";
import { graphqlFailure } from "./graphql-errors.ts";
import type { Resource } from "./plan.ts";
import { pageRequest } from "./request.ts";
import type { Validators } from "./state.ts";

/** What fetching the pages of one chain needs. */
export interface PageFetcher {
  readonly client: HttpClient;
  readonly secrets: Secrets;
  readonly resource: Resource;
  readonly base: Draft;
  readonly paginator: Paginator;
  readonly rowsOf: RowsOf;
}

/** What came of asking for a page. */
export type Fetched =
  | {
      readonly kind: "page";
      readonly view: PageView;
      readonly page: DecodedPage;
      /** The address, for errors and the quarantine. */
      readonly shown: string;
      readonly validators: { readonly etag?: string; readonly lastModified?: string };
      /** Errors that came along and are tolerated. */
      readonly flaw?: string;
    }
  | { readonly kind: "ignore" | "unchanged"; readonly status: number; readonly shown: string };

const NOTHING: DecodedPage = { document: undefined, rows: [], rejected: [], untyped: false };

/** Asks for a page. `known`: asks only whether it has changed. */
export async function fetchPage(fetcher: PageFetcher, at: Json, known?: Validators): Promise<Fetched> {
  const { client, secrets, base, resource, paginator } = fetcher;
  const state = await revealed(fetcher, at);
  const request = pageRequest(base, (draft) => {
    paginator.apply(draft, state);
    if (known?.etag !== undefined) draft.headers["if-none-match"] = known.etag;
    if (known?.lastModified !== undefined) draft.headers["if-modified-since"] = known.lastModified;
  });
  const outcome = await client.send({
    request,
    home: base.url.origin,
    rules: resource.options.responses,
    decode: (answer) => decode(fetcher, answer, () => `${request.method} ${secrets.maskUrl(request.url)}`),
  });
  const { answer } = outcome;
  // Only now, as secrets that the request made known are masked too.
  const shown = secrets.maskUrl(request.url);
  if (outcome.kind === "ignore" || outcome.kind === "unchanged") {
    return { kind: outcome.kind, status: answer.status, shown };
  }
  const { page, flaw } = outcome.kind === "ok" ? outcome.value : { page: NOTHING, flaw: undefined };
  return {
    kind: "page",
    page,
    shown,
    view: {
      url: answer.url,
      headers: answer.headers,
      document: page.document,
      rowCount: page.rows.length + page.rejected.length,
      lastRow: page.rows.at(-1),
    },
    validators: validatorsOf(answer),
    ...(flaw === undefined ? {} : { flaw }),
  };
}

function decode(
  { resource: { options }, rowsOf }: PageFetcher,
  answer: WholeAnswer,
  where: () => string,
): { page: DecodedPage; flaw: string | undefined } {
  // Nothing at all is no document, and means no rows where the status says so.
  if (answer.status === 204 || answer.status === 205) return { page: NOTHING, flaw: undefined };
  let failure: ReturnType<typeof graphqlFailure>;
  const page = decodePage(answer, {
    format: options.format,
    columns: options.columns,
    delimiter: options.delimiter,
    allowEmpty: options.allowEmpty,
    where,
    rowsOf: (document, text) => {
      if (options.graphql !== undefined) failure = graphqlFailure(document, where());
      if (failure !== undefined && !options.graphql?.partial) throw failure;
      return rowsOf(document, text);
    },
  });
  return { page, flaw: failure?.message };
}

/** A state from a checkpoint has names in place of secrets, which are known once the client has authenticated. */
async function revealed({ client, secrets, base }: PageFetcher, at: Json): Promise<Json> {
  const text = JSON.stringify(at);
  if (!text.includes("{{secret:")) return at;
  const probe: TextRequest = { method: base.method, url: base.url, headers: {}, body: undefined };
  await client.authenticate(probe);
  return JSON.parse(secrets.reveal(text)) as Json;
}

function validatorsOf({ headers }: WholeAnswer): { etag?: string; lastModified?: string } {
  const etag = headerOf(headers, "etag");
  const lastModified = headerOf(headers, "last-modified");
  return { ...(etag === undefined ? {} : { etag }), ...(lastModified === undefined ? {} : { lastModified }) };
}
