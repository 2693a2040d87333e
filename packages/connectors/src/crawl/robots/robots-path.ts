/**
 * The part of a URL that rules of robots.txt are compared with: path, parameters and query, without the fragment; `/` where
 * there is none. The URL has to be percent-encoded already, as `URL.href` is.
 */
export function robotsPath(url: string): string {
  const scheme = url.indexOf("://");
  const firstDelimiter = url.search(/[/?;]/);
  const named = scheme >= 0 && (firstDelimiter < 0 || firstDelimiter > scheme);
  const from = url.startsWith("//") ? 2 : named ? scheme + 3 : 0;
  const hash = url.indexOf("#", from);
  const end = hash < 0 ? url.length : hash;
  const start = from + url.slice(from).search(/[/?;]/);
  if (start < from || start >= end) return "/";
  const path = url.slice(start, end);
  return path.startsWith("/") ? path : `/${path}`;
}
