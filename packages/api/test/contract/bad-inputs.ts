import type { Ask, Route } from "./contract-bed.ts";

/** Texts that have broken servers. */
const NASTY: readonly string[] = [
  "'; DROP TABLE millrace_control.runs; --",
  "1 OR 1=1",
  "$1",
  "../../../../etc/passwd",
  "..\\..\\windows",
  "%2e%2e%2f",
  "\0",
  "a\0b",
  "\u202Eevil\uFEFF",
  "\uD800",
  "😀".repeat(50),
  "x".repeat(20_000),
  "__proto__",
  "constructor",
  "toString",
  "-1",
  "0",
  "1e400",
  "NaN",
  "9999999999999999999999",
  "0x10",
  "null",
  "[]",
  "{}",
  '{"__proto__":{"polluted":true}}',
  " ",
  "<script>alert(1)</script>",
  "${7*7}",
  "2026-13-45T99:99:99Z",
  "+275760-09-13T00:00:00.001Z",
  "00000000-0000-0000-0000-000000000000",
  "0000000000000000",
  "1795347000123456.00000000-0000-7000-8000-000000000000",
  "9999999999999999.0",
];

/** Values of the wrong kind, for any field of a body. */
const VALUES: readonly unknown[] = [
  null,
  true,
  -1,
  1.5,
  1e308,
  "",
  "\0",
  "\uD800",
  "x".repeat(70_000),
  [],
  [[]],
  {},
  { __proto__: null, constructor: { prototype: { polluted: true } } },
  nested(200),
  "'; DROP TABLE millrace_control.runs; --",
];

/** Bodies that are no JSON object of ours. */
const BODIES: readonly unknown[] = [
  "{",
  '{"a":',
  "null",
  "[]",
  "42",
  '"text"',
  "\u0000",
  "{'a':1}",
  '{"a":1}}',
  '{"__proto__":{"polluted":true}}',
  '{"constructor":{"prototype":{"polluted":true}}}',
  `{"a":${"[".repeat(5_000)}1${"]".repeat(5_000)}}`,
  `{"a":${"[".repeat(50_000)}`,
  `{"a":"${"x".repeat(1_100_000)}"}`,
  '{"a":1e400}',
  '{"\\u0000":1}',
];

const TYPES = [
  "text/plain",
  "application/xml",
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=x",
  "application/json; charset=utf-16",
  "application/octet-stream",
  "nonsense",
  "",
];

const HEADERS: readonly Readonly<Record<string, string>>[] = [
  { "idempotency-key": "" },
  { "idempotency-key": "x".repeat(5_000) },
  { "idempotency-key": "a b" },
  { "if-none-match": '"' },
  { accept: "image/png" },
  { "accept-encoding": "nonsense;q=2" },
  { authorization: "Bearer \u00ff" },
  { authorization: `Bearer ${"x".repeat(4_000)}` },
  { cookie: "a=b; __proto__=1; =; ;;" },
  { "x-forwarded-for": "'; DROP TABLE" },
];

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

/** Requests to a route that are wrong in one thing each. @param good one that is right, from which they are made */
export function badRequests(route: Route, good: Pick<Ask, "url" | "body">): Ask[] {
  const { method } = route;
  const [path = "", query = ""] = good.url.split("?");
  const asks: Ask[] = [
    ...badPaths(route, path).map((url) => ({ url: withQuery(url, query), body: good.body })),
    ...badQueries(route, query).map((each) => ({ url: withQuery(path, each), body: good.body })),
    ...HEADERS.map((headers) => ({ ...good, headers })),
  ].map((each) => ({ method, ...each }));
  // Without a body that it takes, it may still be sent one.
  if (method === "GET") return [...asks, { method, url: good.url, body: "{", headers: JSON_TYPE }];
  return [...asks, ...badBodies(route, good)];
}

function badPaths({ path: pattern }: Route, path: string): string[] {
  const names = pattern.split("/");
  return names.flatMap((name, index) => {
    if (!name.startsWith("{")) return [];
    return NASTY.map((text) => path.split("/").with(index, encode(text)).join("/"));
  });
}

function badQueries({ parameters = [] }: Route, query: string): string[] {
  const own = parameters.filter(({ in: place }) => place === "query").map(({ name }) => name);
  // A third of the texts for each, another third for the next.
  const wrong = own.flatMap((name, place) =>
    NASTY.filter((_, index) => index % 3 === place % 3).map((text) => replaced(query, name, encode(text))),
  );
  const twice = own.map((name) => `${query}&${name}=a&${name}=b&${name}[]=c&${name}[x]=d`);
  return [
    ...wrong,
    ...twice,
    "__proto__[polluted]=1&constructor.prototype.polluted=1",
    "%",
    "a=%ff%fe",
    "&&&==&",
  ];
}

function badBodies({ method }: Route, { url, body }: Pick<Ask, "url" | "body">): Ask[] {
  const raw = BODIES.map((each) => ({ method, url, body: each, headers: JSON_TYPE }));
  const types = TYPES.map((type) => ({ method, url, body: "a=1", headers: { "content-type": type } }));
  if (typeof body !== "object" || body === null) return [...raw, ...types];
  const fields = Object.keys(body);
  const changed = [
    ...fields.flatMap((name) => VALUES.map((value) => ({ ...body, [name]: value }))),
    ...fields.map((name) => Object.fromEntries(Object.entries(body).filter(([key]) => key !== name))),
    { ...body, nobody_knows: 1 },
  ].map((each) => ({ method, url, body: each }));
  return [...raw, ...types, ...changed];
}

const JSON_TYPE = { "content-type": "application/json" };

function replaced(query: string, name: string, value: string): string {
  const others = query.split("&").filter((each) => each !== "" && !each.startsWith(`${name}=`));
  return [...others, `${name}=${value}`].join("&");
}

function withQuery(path: string, query: string): string {
  return query === "" ? path : `${path}?${query}`;
}

/** Also of what is no text, such as half a character. */
function encode(text: string): string {
  return text.isWellFormed() ? encodeURIComponent(text) : "%ED%A0%80";
}
