import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { executeRun, parseOptions, pipeline, systemClock, type Clock, type RunReport } from "@millrace/core";
import {
  memoryDestination,
  recordingObserver,
  type MemoryDestination,
  type RecordingObserver,
} from "@millrace/core/testing";
import { crawlSource } from "../../src/crawl/crawl-source.ts";
import { crawlOptions, type CrawlOptions } from "../../src/crawl/options.ts";
import { apiServer, type ApiServer, type Route } from "../http/api-server.ts";

/** How a crawl is run. */
export interface CrawlRun {
  readonly clock?: Clock;
  readonly commitRows?: number;
  readonly full?: boolean;
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

/** A site on this machine, a folder for the crawl's files, and a destination for its rows. */
export interface CrawlBed {
  readonly site: ApiServer;
  readonly directory: string;
  readonly destination: MemoryDestination;
  /** Paths that were asked for, without robots.txt. */
  readonly asked: () => string[];
  /** Runs a crawl into the table of each stream, merged by `key`. */
  run(
    options: CrawlOptions,
    tables: Readonly<Record<string, readonly string[]>>,
    run?: CrawlRun,
  ): Promise<RunReport & { readonly observer: RecordingObserver }>;
  /** The text of a page as a route. */
  close(): Promise<void>;
}

/** A page as the site serves it. */
export function html(
  body: string,
  more: { readonly status?: number; readonly headers?: Record<string, string> } = {},
): Route {
  const { status = 200, headers = {} } = more;
  return () => ({
    status,
    headers: { "content-type": "text/html; charset=utf-8", ...headers },
    body: body.includes("<html") ? body : `<!doctype html><html><body>${body}</body></html>`,
  });
}

let attempt = 0n;

/** Makes the bed. Close it. */
export async function crawlBed(routes: Record<string, Route>): Promise<CrawlBed> {
  const site = await apiServer(routes);
  const directory = mkdtempSync(path.join(tmpdir(), "millrace-crawl-"));
  const destination = memoryDestination();
  return {
    site,
    directory,
    destination,
    asked: () => site.received.map(({ target }) => target).filter((target) => target !== "/robots.txt"),
    async run(options, tables, { clock = systemClock, commitRows, ...wishes } = {}) {
      const observer = recordingObserver();
      const report = await executeRun({
        pipeline: pipeline("site", {
          source: crawlSource(parseOptions(crawlOptions, options, "crawl()"), clock),
          destination: destination.tables(
            Object.fromEntries(
              Object.entries(tables).map(([stream, key]) => [
                stream,
                { name: stream, key: [...key], mode: "merge" as const },
              ]),
            ),
          ),
          retry: { attempts: 1 },
          ...(commitRows === undefined ? {} : { commit: { rows: commitRows } }),
        }),
        environment: { databaseUrl: () => Promise.reject(new Error("unused")), directory },
        run: randomUUID(),
        attempts: { next: async () => ++attempt },
        observe: observer.observe,
        ...wishes,
      });
      return { ...report, observer };
    },
    async close() {
      await site.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
