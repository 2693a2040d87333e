import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { type Listing, listingsOn } from "./listing.ts";
import { CARDS, cards, detailPage, listPage, pageOf } from "./pages.ts";

/** A site of flats on this machine, made up for the example. */
export interface PropertySite extends AsyncDisposable {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
}

/** An answer of the site. */
interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

const ROBOTS = "User-agent: *\nDisallow: /admin\n";

/** Starts the site as it is on a day: some flats are new then, repriced, withdrawn, or back again. */
export async function startSite(day: number): Promise<PropertySite> {
  const listings = listingsOn(day);
  const server = createServer((request, response) => void serve(request, response, listings));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  listings: readonly Listing[],
): Promise<void> {
  const body = request.method === "POST" ? await text(request) : "";
  const reply = answer(request.url ?? "/", body, listings);
  response.writeHead(reply.status, { "content-type": `${reply.type}; charset=utf-8` }).end(reply.body);
}

function answer(path: string, sent: string, listings: readonly Listing[]): Reply {
  if (path === "/robots.txt") return { status: 200, type: "text/plain", body: ROBOTS };
  if (path === "/en/property/dosearch") return search(new URLSearchParams(sent), listings);
  const list = /^(\/en)?\/(rent|buy)(?:\/page-(\d+))?$/.exec(path);
  if (list !== null) {
    const [, english = "", kind = "rent", page = "1"] = list;
    const wanted = listings.filter(({ offer }) => offer === (kind === "rent" ? "rent" : "sale"));
    const language = english === "" ? "tc" : "en";
    return html(listPage(wanted, { language, path: `${english}/${kind}`, page: Number(page) }));
  }
  const detail = /^(\/en)?\/property-(\d+)$/.exec(path);
  const found = listings.find(({ id }) => id === Number(detail?.[2]));
  if (found === undefined) return { status: 404, type: "text/html", body: "<h1>404</h1>" };
  return html(detailPage(found, detail?.[1] === undefined ? "tc" : "en"));
}

/** The search answers JSON with HTML in it, as such sites do. */
function search(form: URLSearchParams, listings: readonly Listing[]): Reply {
  const page = Number(form.get("page") ?? 1);
  const data = {
    results: {
      resultContentHtml: cards(pageOf(listings, page), "en"),
      page,
      pages: Math.ceil(listings.length / CARDS),
    },
  };
  return { status: 200, type: "application/json", body: JSON.stringify({ success: true, data }) };
}

function html(body: string): Reply {
  return { status: 200, type: "text/html", body };
}
