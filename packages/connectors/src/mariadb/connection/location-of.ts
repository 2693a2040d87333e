/** The connection URL as it may be shown: user, password and parameters left out. */
export function locationOf(url: string): string {
  try {
    const { hostname, port, pathname } = new URL(url);
    return `mariadb://${hostname}${port === "" ? "" : `:${port}`}${pathname}`;
  } catch {
    return "mariadb://(unreadable URL)";
  }
}
