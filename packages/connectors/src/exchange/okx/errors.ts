/** Codes after which trying again with the same request cannot help. */
const PERMANENT = new Set([
  "60005",
  "60007",
  "60008",
  "60012",
  "60013",
  "60018",
  "60024",
  "60032",
  "64001",
  "64002",
  "64003",
  "64004",
]);

/** Whether a code that OKX refuses with will come again whatever is waited for. */
export function isPermanent(code: string): boolean {
  return PERMANENT.has(code);
}

/** Codes of closed sockets after which trying again cannot help: a failed login, and requests that are no requests. */
export const PERMANENT_CLOSES: ReadonlySet<number> = new Set([4001, 4002]);
