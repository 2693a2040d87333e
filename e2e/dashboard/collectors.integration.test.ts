import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FeedServer } from "../../packages/connectors/src/shared/collector/test/feed-server.ts";
import { chromiumPath } from "./chromium.ts";
import { openProjectBed, type ProjectBed, seriousFindings, settled } from "./project-bed.ts";

const pipelines = (url: string): string => `import { collector, pipeline, postgres } from "millrace";

export default pipeline("ticks", {
  source: collector({
    name: "ticks",
    subscriptions: ["A", "B"].map((symbol) => ({ channel: "tick", symbol })),
    connect: { id: "main", url: ${JSON.stringify(url)} },
    subscribe: (wanted) => [{ op: "subscribe", keys: wanted.map(({ channel, symbol }) => channel + ":" + symbol) }],
    streams: [{ name: "ticks" }],
    view: () => ({ books: [{ symbol: "A", bids: [["100.5", "2"]], asks: [["101", "3"]] }] }),
    parse(text, feed) {
      const { type, symbol, id, at } = JSON.parse(String(text));
      if (type !== "tick") return;
      feed.data("tick:" + symbol, at);
      feed.land("ticks", [{ symbol, id }]);
    },
  }, { reconnect: { delayMs: 10 } }),
  destination: postgres().table("ticks", { key: ["symbol", "id"], mode: "append" }),
});
`;

describe.skipIf(chromiumPath() === undefined)("collectors in the dashboard", { timeout: 180_000 }, () => {
  let server: FeedServer;
  let bed: ProjectBed;
  let ticking: NodeJS.Timeout;
  beforeAll(async () => {
    server = await FeedServer.start();
    bed = await openProjectBed({ "pipelines/ticks.ts": pipelines(server.url) });
    let id = 0;
    ticking = setInterval(() => {
      server.tick("A", ++id);
      server.tick("B", ++id);
    }, 50);
  }, 300_000);
  afterAll(async () => {
    clearInterval(ticking);
    await bed?.close();
    await server?.close();
  });

  it("shows live how a collector does, restarts it in its run, and stops it", async () => {
    const run = await bed.open("/pipelines/ticks?action=run");
    await run.getByRole("button", { name: "Run now" }).click();
    await run.getByRole("heading", { name: "Run of ticks", level: 1 }).waitFor();
    await run.close();
    await server.until(() => server.subscribers === 1);

    const page = await bed.open("/collectors");
    const row = page.getByRole("table", { name: "Collectors" }).getByRole("row", { name: /ticks/ });
    // The run tells of itself within a second or two; the page is loaded before or after.
    await expect
      .poll(
        async () => {
          if ((await row.count()) === 0) await page.reload();
          return row.count();
        },
        { timeout: 30_000 },
      )
      .toBe(1);
    await row.getByText("Running").waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole("link", { name: "Collectors", exact: true }).first().waitFor();
    await row.getByRole("link", { name: "ticks" }).click();

    await page.getByRole("heading", { name: "ticks", level: 1 }).waitFor();
    await settled(page);
    const channels = page.getByRole("table", { name: "Channels" });
    await channels.getByRole("row", { name: /tick A Live/ }).waitFor();
    await page.getByRole("table", { name: "Order book of A" }).getByText("100.5").waitFor();
    expect(await seriousFindings(page)).toEqual([]);

    server.drop();
    await page
      .getByRole("list", { name: "Changes of state" })
      .getByText("running → reconnecting")
      .first()
      .waitFor();

    const { connections } = server;
    await page.getByRole("button", { name: "Restart" }).click();
    await page.getByText("ticks was restarted", { exact: true }).waitFor();
    await server.until(() => server.connections > connections);
    await page
      .getByRole("list", { name: "Changes of state" })
      .getByText(/it was restarted by a command/)
      .first()
      .waitFor();

    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Stop" }).click();
    await page.locator("header").getByText("Stopped").waitFor();
    await server.until(() => server.sockets.size === 0);
    await page.getByRole("button", { name: "Start" }).waitFor();
    expect(bed.problems).toEqual([]);
    await page.close();
  });
});
