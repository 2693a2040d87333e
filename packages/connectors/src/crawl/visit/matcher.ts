/** Tells addresses: by a part of them, a pattern, a function, or any of several. */
export type Matcher = string | RegExp | ((url: URL) => boolean) | readonly Matcher[];

/** The function that a matcher stands for. A text is looked for in path and query, or in all of the address where it has a `://`. */
export function compileMatcher(matcher: Matcher): (url: URL) => boolean {
  if (typeof matcher === "function") return matcher;
  if (typeof matcher === "string") {
    if (matcher.includes("://")) return (url) => url.href.includes(matcher);
    return (url) => `${url.pathname}${url.search}`.includes(matcher);
  }
  if (matcher instanceof RegExp) {
    const once = new RegExp(matcher.source, matcher.flags.replaceAll(/[gy]/g, ""));
    return (url) => once.test(url.href);
  }
  const each = matcher.map(compileMatcher);
  return (url) => each.some((matches) => matches(url));
}
