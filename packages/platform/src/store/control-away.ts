/** Codes of PostgreSQL and of sockets for a server that is away, starts, or ends. */
const AWAY = /^(08...|57P0[1-3]|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH|EAI_AGAIN)$/;

/** What `pg` says without a code. */
const BROKEN =
  /^(Connection terminated|timeout expired|Query read timeout|timeout exceeded when trying to connect)/;

/** Whether an error, or what it was caused by, says that the server was not there just then: later it may be. */
export function isControlAway(error: unknown): boolean {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    const { code } = at as { code?: unknown };
    if ((typeof code === "string" && AWAY.test(code)) || BROKEN.test(at.message)) return true;
    if (at instanceof AggregateError && at.errors.some(isControlAway)) return true;
  }
  return false;
}
