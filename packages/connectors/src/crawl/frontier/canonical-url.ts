/** Parameters that tell visitors apart, not pages. */
const TRACKING =
  /^(utm_\w+|gclid|gclsrc|dclid|fbclid|msclkid|yclid|mc_[ce]id|igshid|_ga|_gl|phpsessid|jsessionid|aspsessionid\w*|sessionid|session_id|sid|cfid|cftoken)$/i;

/** How addresses that mean the same page are made equal. */
export interface CanonicalOptions {
  /** Parameters of the query in the order of their names. Default true. */
  readonly sortQuery?: boolean;
  /** Further parameters that make no difference. Session and tracking ones (`PHPSESSID`, `utm_source`, …) are left out anyway. */
  readonly dropParams?: readonly string[];
  /** Keeps parameters of sessions and tracking. Default false. */
  readonly keepTracking?: boolean;
  /** Keeps what follows `#`, for sites that make pages of it. Default false. */
  readonly keepFragment?: boolean;
}

/** Equal for addresses of the same page: what a crawl recognises pages by. */
export function canonicalUrl(url: URL, options: CanonicalOptions = {}): string {
  const path = options.keepTracking === true ? url.pathname : url.pathname.replace(/;jsessionid=[^/;]*/i, "");
  const fragment = options.keepFragment === true ? url.hash : "";
  return `${url.protocol}//${hostOf(url)}${tidyEscapes(path)}${queryOf(url, options)}${fragment}`;
}

/** Without user and password; a dot at the end of a name changes nothing. */
function hostOf({ hostname, port }: URL): string {
  const name = hostname.endsWith(".") ? hostname.slice(0, -1) : hostname;
  return port === "" ? name : `${name}:${port}`;
}

function queryOf(url: URL, options: CanonicalOptions): string {
  if (url.search.length < 2) return "";
  const parts = url.search
    .slice(1)
    .split("&")
    .filter((part) => part !== "" && !isDropped(part, options))
    .map(tidyEscapes);
  if (options.sortQuery !== false) parts.sort(byName);
  return parts.length === 0 ? "" : `?${parts.join("&")}`;
}

function isDropped(part: string, { dropParams, keepTracking }: CanonicalOptions): boolean {
  const name = nameOf(part);
  if (dropParams?.includes(name) === true) return true;
  return keepTracking !== true && TRACKING.test(name);
}

/** Values of the same name keep their order, which may mean something. */
function byName(a: string, b: string): number {
  const [left, right] = [nameOf(a), nameOf(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

function nameOf(part: string): string {
  const end = part.indexOf("=");
  return end < 0 ? part : part.slice(0, end);
}

/** Escapes of what needs none are undone, the others written in capitals: `%7e` is `~`, `%e4` is `%E4`. */
function tidyEscapes(text: string): string {
  if (!text.includes("%")) return text;
  return text.replaceAll(/%([0-9a-f]{2})/gi, (escape, hex: string) => {
    const character = String.fromCharCode(Number.parseInt(hex, 16));
    return /[\w.~-]/.test(character) ? character : escape.toUpperCase();
  });
}
