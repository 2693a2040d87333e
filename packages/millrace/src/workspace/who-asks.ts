import { hostname, userInfo } from "node:os";

/** User and host, as the record of commands names them. */
export function whoAsks(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    // An account without an entry, as containers have.
    return `@${hostname()}`;
  }
}
