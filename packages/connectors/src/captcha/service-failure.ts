import { MillraceError, type Json } from "@millrace/core";

/** Nothing helps but another key, or money. */
const DENIED = new Set([
  "ERROR_KEY_DOES_NOT_EXIST",
  "ERROR_ZERO_BALANCE",
  "ERROR_IP_NOT_ALLOWED",
  "ERROR_IP_BLOCKED",
  "ERROR_ACCOUNT_SUSPENDED",
  "ERROR_ACCOUNT_NOT_FOUND",
]);
/** Another attempt with the same task may be solved. */
const PASSING = new Set([
  "ERROR_NO_SLOT_AVAILABLE",
  "ERROR_CAPTCHA_UNSOLVABLE",
  "ERROR_RECAPTCHA_TIMEOUT",
  "ERROR_BAD_DUPLICATES",
  "ERROR_FAILED_LOADING_WIDGET",
  "ERROR_VISIBLE_RECAPTCHA",
  "ERROR_ALL_WORKERS_FILTERED",
  "ERROR_TASK_ABSENT",
]);
const PROXY = /^ERROR_PROXY_/;

const HINTS: Readonly<Record<string, string>> = {
  ERROR_KEY_DOES_NOT_EXIST: "Check the key in the service's settings.",
  ERROR_ZERO_BALANCE: "Pay in at the service.",
  ERROR_IP_NOT_ALLOWED: "Allow this machine's address in the service's settings.",
};

/** The failure that an answer of the service tells; undefined where it tells none. */
export function serviceFailure(body: Json, where: string): MillraceError | undefined {
  const { errorId, errorCode, errorDescription } = (body ?? {}) as {
    errorId?: unknown;
    errorCode?: unknown;
    errorDescription?: unknown;
  };
  if (errorId === 0) return undefined;
  if (typeof errorId !== "number") {
    return new MillraceError("MLR_SOURCE_FORMAT", `${where}: the answer is not of the createTask protocol`, {
      hint: "Check `endpoint`.",
    });
  }
  const service = typeof errorCode === "string" && errorCode !== "" ? errorCode : `error ${errorId}`;
  const said = typeof errorDescription === "string" && errorDescription !== "" ? `: ${errorDescription}` : "";
  const code = DENIED.has(service) ? "MLR_SOURCE_DENIED" : "MLR_SOURCE_FAILED";
  return new MillraceError(code, `${where}: ${service}${said}`.slice(0, 500), {
    hint: HINTS[service] ?? hintOf(service),
    details: { service },
    retry: PASSING.has(service) || PROXY.test(service) ? "later" : "never",
  });
}

function hintOf(service: string): string {
  if (PROXY.test(service)) return "The service could not use the proxy: is it reachable from outside?";
  return PASSING.has(service)
    ? "Another attempt may be solved."
    : "Check the task: site key, address and options.";
}
