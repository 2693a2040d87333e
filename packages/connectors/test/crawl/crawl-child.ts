import { executeRun, pipeline } from "@millrace/core";
import { randomUUID } from "node:crypto";
import { address, crawl, css, number } from "../../src/crawl/index.ts";
import { postgres } from "../../src/postgres/index.ts";

/**
 * Crawls the site at `site` into the table `pages` of a database, as one run of a pipeline, and kills itself when so many of
 * its pages have come. Arguments: site, database URL, folder, pages (0: never), number of the attempt.
 */
const [site = "", url = "", directory = "", pages = "0", first = "1"] = process.argv.slice(2);
let left = Number(pages);
let attempt = BigInt(first) * 100n;

const report = await executeRun({
  pipeline: pipeline("killed", {
    source: crawl({
      start: `${site}/page/1`,
      follow: "a",
      concurrency: { perHost: 4 },
      extract: {
        stream: "pages",
        row: {
          id: address(/page\/(\d+)/, number),
          title: (place) => {
            if (--left === 0) process.kill(process.pid, "SIGKILL");
            return css("h1").read(place);
          },
        },
      },
    }),
    destination: postgres({ url }).table("pages", { mode: "append" }),
    commit: { rows: 25 },
  }),
  environment: { databaseUrl: () => Promise.resolve(url), directory },
  run: randomUUID(),
  attempts: { next: async () => ++attempt },
});
process.exit(report.status === "succeeded" ? 0 : 1);
