import { MillraceError, type Json } from "@millrace/core";
import type { Secrets } from "../../shared/http/secrets.ts";
import { plainJson } from "./plain-json.ts";

/** Longer details are cut, as JSON. */
const MOST_DETAIL = 8_000;
const DENIED =
  /(FailedAuthentication|AuthenticationFailed|InvalidSecurity|FailedCheck|InvalidSecurityToken|SecurityTokenUnavailable|UnsupportedSecurityToken|MessageExpired|Unauthori[sz]ed|AccessDenied|NotAuthori[sz]ed|Forbidden)/i;

/** A fault as services send it. */
export interface Fault {
  /** Without prefix: `Server`, `Client.Validation`, `Sender`. */
  readonly code: string;
  /** SOAP 1.2, from the outer to the inner one. */
  readonly subcodes: readonly string[];
  readonly reason: string;
  readonly actor: string | undefined;
  readonly detail: unknown;
}

/** Makes sense of the content of `<Fault>`, of SOAP 1.1 and 1.2. */
export function faultOf(value: unknown): Fault {
  const fault = membersOf(value);
  if (fault["faultcode"] !== undefined || fault["faultstring"] !== undefined) {
    return {
      code: nameIn(fault["faultcode"]),
      subcodes: [],
      reason: textIn(fault["faultstring"]),
      actor: fault["faultactor"] === undefined ? undefined : textIn(fault["faultactor"]),
      detail: fault["detail"],
    };
  }
  const code = membersOf(fault["Code"]);
  const subcodes: string[] = [];
  for (
    let inner = membersOf(code["Subcode"]);
    inner["Value"] !== undefined && subcodes.length < 10;
    inner = membersOf(inner["Subcode"])
  )
    subcodes.push(nameIn(inner["Value"]));
  return {
    code: nameIn(code["Value"]),
    subcodes,
    reason: textIn(membersOf(fault["Reason"])["Text"]),
    actor: fault["Node"] === undefined ? undefined : textIn(fault["Node"]),
    detail: fault["Detail"],
  };
}

/** The error that a fault is. Trying again may help where the server says that the fault is its own. */
export function faultError(
  { code, subcodes, reason, actor, detail }: Fault,
  {
    operation,
    where,
    status,
    secrets,
  }: { operation: string; where: string; status: number; secrets: Secrets },
): MillraceError {
  const names = [code, ...subcodes].filter((name) => name !== "");
  const denied = names.some((name) => DENIED.test(name));
  const own = /^(Server|Receiver)(\.|$)/.test(code);
  const said = secrets.mask(reason.replaceAll(/\s+/g, " ").trim());
  const shown = names.length === 0 ? "a fault" : `fault ${names.join(" / ")}`;
  return new MillraceError(
    denied ? "MLR_SOURCE_DENIED" : "MLR_SOURCE_FAILED",
    `${operation} at ${where.replace(/^the answer to POST /, "")} ended with ${shown}${said === "" ? "" : `: ${said.length > 500 ? `${said.slice(0, 500).toWellFormed()}…` : said}`}`,
    {
      hint: denied
        ? "Check the credentials in `security` and `auth`, what they are allowed to do, and the clock of this machine."
        : own
          ? "The service failed; the run may be tried again. Its details say what happened."
          : "The service did not accept the message: check `input` and `soapHeaders`. Its details say what is wrong.",
      details: {
        operation,
        status,
        fault: code,
        ...(subcodes.length === 0 ? {} : { subcodes: [...subcodes] }),
        ...(actor === undefined ? {} : { actor: secrets.mask(actor) }),
        ...(detail === undefined || detail === null ? {} : { detail: shownDetail(detail, secrets) }),
      },
      retry: own && !denied ? "later" : "never",
    },
  );
}

function shownDetail(detail: unknown, secrets: Secrets): Json {
  const text = secrets.mask(plainJson(detail));
  return text.length > MOST_DETAIL
    ? `${text.slice(0, MOST_DETAIL).toWellFormed()}…`
    : (JSON.parse(text) as Json);
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}

/** Texts may have attributes, such as their language, and there may be one for each language. */
function textIn(value: unknown): string {
  if (Array.isArray(value)) return textIn(value[0]);
  if (typeof value === "object" && value !== null) return textIn((value as Record<string, unknown>)["text"]);
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? String(value)
    : "";
}

function nameIn(value: unknown): string {
  const text = textIn(value).trim().slice(0, 200);
  return text.slice(text.indexOf(":") + 1);
}
