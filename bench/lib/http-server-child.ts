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

/** As long and as nested as the issues that GitHub's service sends, of which each has some 3 kB. */
function issue(i: number): object {
  const base = "https://api.example.com/repos/octo-org/octo-repo";
  const login = `user${i % 500}`;
  return {
    url: `${base}/issues/${i}`,
    repository_url: base,
    labels_url: `${base}/issues/${i}/labels{/name}`,
    comments_url: `${base}/issues/${i}/comments`,
    events_url: `${base}/issues/${i}/events`,
    html_url: `https://example.com/octo-org/octo-repo/issues/${i}`,
    id: 1_000_000 + i,
    node_id: "MDU6SXNzdWUx",
    number: i,
    title: `Something about number ${i} does not work as it should`,
    user: {
      login,
      id: i % 500,
      node_id: "MDQ6VXNlcjE=",
      avatar_url: `https://example.com/images/${login}.gif`,
      url: `https://api.example.com/users/${login}`,
      followers_url: `https://api.example.com/users/${login}/followers`,
      repos_url: `https://api.example.com/users/${login}/repos`,
      events_url: `https://api.example.com/users/${login}/events{/privacy}`,
      type: "User",
      site_admin: false,
    },
    labels: [
      { id: 7, url: `${base}/labels/bug`, name: "bug", description: "Does not work", color: "d73a4a" },
    ],
    state: i % 3 === 0 ? "closed" : "open",
    locked: false,
    assignee: null,
    milestone: {
      id: 3,
      number: 1,
      title: "v1.0",
      open_issues: 4,
      closed_issues: 8,
      due_on: "2026-10-09T23:39:01Z",
    },
    comments: i % 40,
    score: (i % 1_000) / 8,
    created_at: "2026-01-05T10:20:30Z",
    updated_at: "2026-02-03T04:05:06Z",
    closed_at: null,
    author_association: "CONTRIBUTOR",
    body: "It would be good if this text were about as long as that of an issue is, which is some lines at least. ".repeat(
      6,
    ),
    reactions: {
      url: `${base}/issues/${i}/reactions`,
      total_count: 0,
      laugh: 0,
      heart: 0,
      rocket: 0,
      eyes: 0,
    },
  };
}
