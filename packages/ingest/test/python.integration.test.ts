import { execFile, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openService, type TestService } from "./service.ts";

const CLIENT = path.resolve(import.meta.dirname, "../../../clients/python");
const python = spawnSync("python3", ["--version"]).status === 0;
if (!python) process.stderr.write("Not run with Python: python3 is not installed.\n");

let service: TestService;

beforeAll(async () => {
  service = await openService({
    prices: { table: { key: ["shop", "sku"] }, columns: { price: "numeric(12,2)" } },
  });
});

afterAll(() => service.close());

async function run(script: string, more: Record<string, string> = {}): Promise<string> {
  const { stdout } = await promisify(execFile)("python3", [path.join(CLIENT, script)], {
    cwd: CLIENT,
    env: { ...process.env, PYTHONPATH: CLIENT, PYTHONDONTWRITEBYTECODE: "1", ...more },
  });
  return stdout;
}

it.skipIf(!python)(
  "is pushed into by the example scraper, which says when it has read everything",
  async () => {
    let products = [1, 2, 3].map((id) => ({ id, title: `product ${id}`, price: id + 0.5, stock: 1 }));
    const shop = createServer((_, response) => response.end(JSON.stringify({ products })));
    shop.listen(0, "127.0.0.1");
    await once(shop, "listening");
    const { port } = shop.address() as AddressInfo;
    const env = {
      SHOP_URL: `http://127.0.0.1:${port}`,
      MILLRACE_URL: service.url,
      MILLRACE_TOKEN: await service.token("prices"),
    };
    try {
      expect(await run("example/scrape.py", env)).toBe("3 prices landed, 0 were refused\n");
      products = products.slice(1);
      expect(await run("example/scrape.py", env)).toBe("2 prices landed, 0 were refused\n");
    } finally {
      shop.close();
    }
    expect(await service.query("SELECT sku, price::text FROM prices ORDER BY sku")).toEqual([
      { sku: "2", price: "2.50" },
      { sku: "3", price: "3.50" },
    ]);
    expect(await service.query("SELECT sku, _operation FROM prices__history")).toEqual([
      { sku: "1", _operation: "remove" },
    ]);
  },
);

it.skipIf(!python)("has a client whose own tests pass", async () => {
  const { stderr } = await promisify(execFile)("python3", ["-m", "unittest", "discover", "-s", "tests"], {
    cwd: CLIENT,
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" },
  });
  expect(stderr).toMatch(/Ran \d+ tests[\s\S]*OK/);
});
