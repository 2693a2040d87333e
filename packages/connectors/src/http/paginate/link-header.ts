const LINK = /<([^>]*)>((?:\s*;\s*[\w!#$%&'*+.^`|~-]+\s*(?:=\s*(?:"(?:[^"\\]|\\.)*"|[^\s",;]+))?)*)/g;
const PARAM = /;\s*([\w!#$%&'*+.^`|~-]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",;]+)))?/g;

/** Links of the header `Link` (RFC 8288) by their relation, in lower case; the first of each counts. */
export function parseLinkHeader(header: string | readonly string[] | undefined): ReadonlyMap<string, string> {
  const links = new Map<string, string>();
  const text = typeof header === "string" ? header : (header ?? []).join(", ");
  for (const [, target = "", params = ""] of text.matchAll(LINK)) {
    const rel = [...params.matchAll(PARAM)].find(([, name = ""]) => name.toLowerCase() === "rel");
    for (const name of (rel?.[2] ?? rel?.[3] ?? "").toLowerCase().split(/\s+/)) {
      if (name !== "" && !links.has(name)) links.set(name, target);
    }
  }
  return links;
}
