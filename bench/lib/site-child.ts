/** A static site from a folder, all of it in memory: pages are answered at once, or after as many ms as are asked for. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";

const [folder = ".", delay = "0"] = process.argv.slice(2);
const delayMs = Number(delay);
const files = new Map<string, Buffer>();
for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
  const file = path.join(folder, name);
  if (name.endsWith(".html") && statSync(file).isFile())
    files.set(`/${name.replaceAll("\\", "/")}`, readFileSync(file));
}

const server = createServer((request, response) => {
  const { pathname } = new URL(request.url ?? "/", "http://server");
  const body = files.get(decodeURIComponent(pathname));
  const answer = (): void => {
    if (body === undefined) response.writeHead(404, { "content-length": 0 }).end();
    else response.writeHead(200, { "content-type": "text/html", "content-length": body.length }).end(body);
  };
  if (delayMs === 0) answer();
  else setTimeout(answer, delayMs);
});
server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
