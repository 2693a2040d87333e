/** The page that describes the data API: it reads `/data/openapi.json` with the key that is typed in, and tries what it shows. */
export const DOCS_PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Millrace data API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/data/docs/page.css">
<script src="/data/docs/page.js" defer></script>
</head>
<body>
<header>
<h1>Data API</h1>
<form id="key-form"><label>Key <input id="key" type="password" autocomplete="off" placeholder="mlrd_…"></label> <button>Use it</button></form>
</header>
<main id="tables" aria-live="polite"><p>Loading…</p></main>
<footer><a href="/data/openapi.json">OpenAPI document</a></footer>
</body>
</html>
`;

export const DOCS_STYLE = `:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 70rem; margin: 0 auto; padding: 1rem; }
header { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: center; gap: 1rem; }
h1 { margin: 0; font-size: 1.6rem; }
section { border: 1px solid color-mix(in srgb, currentColor 25%, transparent); border-radius: .5rem; margin: 1rem 0; padding: 0 1rem 1rem; }
h2 { font-size: 1.25rem; margin: .75rem 0 .25rem; }
details { margin: .5rem 0; }
summary { cursor: pointer; font-family: ui-monospace, monospace; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; padding: .25rem .5rem .25rem 0; vertical-align: top; overflow-wrap: anywhere; }
input, select, button { font: inherit; padding: .25rem .5rem; }
.scroll { overflow-x: auto; }
.address { display: flex; gap: .5rem; }
.address input { flex: 1; min-width: 0; font-family: ui-monospace, monospace; }
pre { overflow: auto; max-height: 28rem; padding: .75rem; border-radius: .5rem; background: color-mix(in srgb, currentColor 8%, transparent); }
`;

export const DOCS_SCRIPT = `"use strict";
const main = document.getElementById("tables");
const input = document.getElementById("key");
const headers = () => (input.value === "" ? {} : { authorization: "Bearer " + input.value.trim() });
document.getElementById("key-form").addEventListener("submit", (event) => { event.preventDefault(); load(); });

function make(name, attributes, ...children) {
  const element = Object.assign(document.createElement(name), attributes);
  element.append(...children);
  return element;
}

async function load() {
  try {
    const answer = await fetch("/data/openapi.json", { headers: headers() });
    const described = await answer.json();
    if (!answer.ok) throw new Error(described.message + ". " + (described.hint ?? ""));
    show(described);
  } catch (error) {
    main.replaceChildren(make("p", { role: "alert", textContent: error.message }));
  }
}

function show(described) {
  const groups = Map.groupBy(Object.entries(described.paths), ([, { get }]) => get.tags?.[0] ?? "");
  const sections = [...groups].map(([name, paths]) =>
    make("section", {}, make("h2", { textContent: name === "" ? "All tables" : name }), ...paths.map(([path, { get }]) => operation(path, get))));
  const none = groups.size <= 1 ? [make("p", { textContent: "No table can be read without a key. Type one in above." })] : [];
  main.replaceChildren(...none, ...sections);
}

function operation(path, get) {
  const rows = (get.parameters ?? []).map((each) => make("tr", {},
    make("td", {}, make("code", { textContent: each.name })),
    make("td", { textContent: each.description ?? "" }),
    make("td", {}, make("code", { textContent: String(each.example ?? "") }))));
  const table = make("table", {}, make("thead", {}, make("tr", {}, ...["Parameter", "Meaning", "Example"].map((textContent) => make("th", { textContent, scope: "col" })))), make("tbody", {}, ...rows));
  const key = get.parameters?.find((each) => each.in === "path")?.example ?? "";
  const listed = get.parameters?.some((each) => each.name === "limit") ? "?limit=5" : "";
  const address = make("input", { value: path.replace("{key}", encodeURIComponent(key)) + listed, ariaLabel: "Address" });
  const answer = make("pre", { hidden: true, tabIndex: 0 });
  const form = make("form", { className: "address" }, address, make("button", { textContent: "Try it" }));
  form.addEventListener("submit", (event) => { event.preventDefault(); void ask(address.value, answer); });
  return make("details", {}, make("summary", { textContent: "GET " + path + ": " + get.summary }), form, answer, make("div", { className: "scroll" }, table));
}

async function ask(address, place) {
  place.hidden = false;
  place.textContent = "…";
  try {
    const url = new URL(address, location.origin);
    if (url.origin !== location.origin) throw new Error("Only addresses of this server can be tried here.");
    const answer = await fetch(url, { headers: headers() });
    const text = (await answer.text()).slice(0, 100000);
    let shown = text;
    try { shown = JSON.stringify(JSON.parse(text), null, 2); } catch { /* It is no JSON: as it is. */ }
    place.textContent = answer.status + " " + (answer.headers.get("content-type") ?? "") + "\\n\\n" + shown;
  } catch (error) {
    place.textContent = error.message;
  }
}

load();
`;
