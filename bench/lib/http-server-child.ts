/** A server that answers at once: pages of rows that are made before, with the address of the next one in `Link`. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const [pages = 0, rows = 0] = process.argv.slice(2).map(Number);
const bodies = Array.from({ length: 10 }, (_, page) =>
  Buffer.from(JSON.stringify(Array.from({ length: rows }, (__, i) => issue(page * rows + i)))),
);

const server = createServer((request, response) => {
  const url = new URL(request.url ?? "/", "http://server");
  const page = Number(url.searchParams.get("page") ?? 1);
  const body = bodies[page % bodies.length] ?? Buffer.alloc(0);
  const next = `<http://${request.headers.host}${url.pathname}?page=${page + 1}>; rel="next"`;
  response.writeHead(200, {
    "content-type": "application/json",
    "content-length": body.length,
    ...(page < pages ? { link: next } : {}),
  });
  response.end(body);
});
server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));

/** About as long as what REST services send. */
function issue(i: number): object {
  return {
    id: 1_000_000 + i,
    number: i,
    title: `Something about number ${i} does not work as it should`,
    state: i % 3 === 0 ? "closed" : "open",
    user: { id: i % 500, login: `user${i % 500}`, site_admin: false },
    labels: [{ id: 7, name: "bug", color: "d73a4a" }],
    comments: i % 40,
    score: (i % 1_000) / 8,
    created_at: "2026-01-05T10:20:30Z",
    updated_at: "2026-02-03T04:05:06Z",
    body: "It would be good if this text were about as long as that of an issue is, which is some lines at least.",
  };
}
