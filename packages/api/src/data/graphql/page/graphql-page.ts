import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { FastifyReply } from "fastify";
import type { DataServer } from "../../server/data-server.ts";
import { PAGE_HTML, PAGE_SCRIPT, PAGE_STYLE } from "./page-files.ts";

/** What GraphiQL needs beyond what every page may: styles that it sets itself, and the font in its style sheet. */
const CONTENT_SECURITY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const JS = "text/javascript; charset=utf-8";
const CSS = "text/css; charset=utf-8";
/** Files of packages by their addresses: the page needs no other server. */
const LIBRARIES = [
  ["react.js", "react", "umd/react.production.min.js", JS],
  ["react-dom.js", "react-dom", "umd/react-dom.production.min.js", JS],
  ["graphiql.js", "graphiql", "graphiql.min.js", JS],
  ["graphiql.css", "graphiql", "graphiql.min.css", CSS],
] as const;

const packed = promisify(gzip);

/** Adds the files of the page on which people write requests; returns what sends the page itself. */
export function addGraphqlPage(server: DataServer): (reply: FastifyReply) => FastifyReply {
  const files = new Map<string, Promise<Buffer>>();
  for (const [name, from, file, type] of LIBRARIES) {
    server.get(`/data/graphql/${name}`, { compress: false }, async (_, reply) => {
      const kept = files.get(name) ?? load(from, file);
      files.set(name, kept);
      kept.catch(() => files.delete(name));
      return reply
        .type(type)
        .headers({ "content-encoding": "gzip", "cache-control": "public, max-age=86400" })
        .send(await kept);
    });
  }
  for (const [name, text, type] of [
    ["page.js", PAGE_SCRIPT, JS],
    ["page.css", PAGE_STYLE, CSS],
  ] as const) {
    server.get(`/data/graphql/${name}`, async (_, reply) =>
      reply.type(type).header("cache-control", "public, max-age=300").send(text),
    );
  }
  return (reply) =>
    reply
      .type("text/html; charset=utf-8")
      .header("content-security-policy", CONTENT_SECURITY)
      .send(PAGE_HTML);
}

async function load(from: string, file: string): Promise<Buffer> {
  const place = dirname(createRequire(import.meta.url).resolve(`${from}/package.json`));
  return packed(await readFile(join(place, file)));
}
