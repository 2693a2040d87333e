import { MillraceError } from "@millrace/core";
import { postponed, quoted, refused } from "../failures.ts";

/** What an SMTP client's errors carry. */
interface SmtpError extends Error {
  readonly code?: string;
  /** What the server has answered, and the number that it begins with. */
  readonly response?: string;
  readonly responseCode?: number;
}

/** A failure of an SMTP client as MLR_NOTIFY_REFUSED where the server said never (5xx), otherwise as MLR_NOTIFY_FAILED. */
export function smtpFailure(error: unknown, host: string): MillraceError {
  if (error instanceof MillraceError) return error;
  const known = (error instanceof Error ? error : new Error(String(error))) as SmtpError;
  const { responseCode, response, code = "" } = known;
  const hint = HINTS[code];
  const facts = {
    ...(hint === undefined ? {} : { hint }),
    ...(responseCode === undefined ? {} : { status: responseCode }),
    cause: error,
  };
  if (responseCode === undefined) return postponed(`The mail server ${host}: ${known.message}`, facts);
  const message = `The mail server ${host} has answered ${quoted(response ?? String(responseCode))}`;
  return responseCode >= 500 ? refused(message, facts) : postponed(message, facts);
}

const HINTS: Readonly<Record<string, string>> = {
  EAUTH: "Check user and password; some services want a password for this program alone.",
  ETLS: 'Check port and security: "tls" belongs to port 465, "starttls" to 587 and 25. Of a private CA give `ca`.',
  ESOCKET:
    'Check port and security: "tls" belongs to port 465, "starttls" to 587 and 25. Of a private CA give `ca`.',
  EENVELOPE: "Check from and to: the server does not take one of the addresses.",
  EDNS: "Check host: there is no such name.",
  ECONNECTION: "Check host and port, and firewalls in between.",
  ETIMEDOUT: "Check host and port, and firewalls in between.",
};
