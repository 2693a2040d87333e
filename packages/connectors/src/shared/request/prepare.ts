import { MillraceError } from "@millrace/core";
import { ACCEPTED_ENCODINGS } from "./accepted-encodings.ts";
import { multipartBody } from "./multipart.ts";
import type { Outgoing, OutgoingBody } from "./outgoing.ts";
import type { RequestOptions } from "./request-options.ts";

/** What every request says, unless told otherwise. */
const COMMON = { accept: "*/*", "accept-encoding": ACCEPTED_ENCODINGS, "user-agent": "millrace" };

/**
 * The request that options describe. `headers` are those of the client and the session, in rising order. User and password in
 * the address become basic authorization. Fails with MLR_ARGUMENT_INVALID.
 */
export async function prepare(
  address: string | URL,
  options: RequestOptions,
  headers: readonly Readonly<Record<string, string>>[],
): Promise<Outgoing> {
  const url = addressOf(address);
  for (const [name, value] of Object.entries(options.query ?? {})) {
    url.searchParams.delete(name);
    for (const each of Array.isArray(value) ? (value as readonly unknown[]) : [value])
      if (each !== null && each !== undefined) url.searchParams.append(name, String(each));
  }
  const { body, type } = await bodyOf(options);
  const all: Record<string, string> = { ...COMMON, ...(type === undefined ? {} : { "content-type": type }) };
  if (url.username !== "" || url.password !== "") all["authorization"] = basic(url);
  for (const each of [...headers, options.headers ?? {}]) {
    for (const [name, value] of Object.entries(each)) all[name.toLowerCase()] = value;
  }
  checkHeaders(all);
  const method = (options.method ?? (body === undefined ? "GET" : "POST")).toUpperCase();
  return { method, url, headers: all, body };
}

function addressOf(address: string | URL): URL {
  const text = String(address);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new MillraceError("MLR_ARGUMENT_INVALID", `"${text.slice(0, 200)}" is not an http(s) address`, {
      hint: "Write the whole address, with http:// or https://.",
    });
  }
  return url;
}

function basic(url: URL): string {
  const login = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  url.username = url.password = "";
  return `Basic ${Buffer.from(login, "utf8").toString("base64")}`;
}

async function bodyOf(
  options: RequestOptions,
): Promise<{ readonly body: OutgoingBody; readonly type?: string }> {
  const { json, form, multipart, body } = options;
  if (json !== undefined) return { body: JSON.stringify(json), type: "application/json" };
  if (multipart !== undefined) return { body: await multipartBody(multipart) };
  if (form === undefined) return { body };
  const fields = new URLSearchParams();
  for (const [name, value] of Object.entries(form)) {
    for (const each of Array.isArray(value) ? (value as readonly string[]) : [value])
      fields.append(name, String(each));
  }
  return { body: fields.toString(), type: "application/x-www-form-urlencoded" };
}

function checkHeaders(headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) {
    if (/^[!#$%&'*+.^_`|~\da-z-]+$/.test(name) && !/[\r\n\0]/.test(value)) continue;
    throw new MillraceError("MLR_ARGUMENT_INVALID", `The header "${name.slice(0, 80)}" cannot be sent`, {
      hint: "Names have letters, digits and -, and values have no line breaks.",
      details: { header: name.slice(0, 80) },
    });
  }
}
