/** Where to go after signing in: only a page of this dashboard, whatever the address says. */
export function returnPath(next: string | undefined): string {
  if (next === undefined || !next.startsWith("/") || next.startsWith("//") || next.startsWith("/\\"))
    return "/";
  const url = new URL(next, location.origin);
  if (url.origin !== location.origin || url.pathname === "/sign-in") return "/";
  return url.pathname + url.search + url.hash;
}
