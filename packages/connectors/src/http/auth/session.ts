import { MillraceError, type Json } from "@millrace/core";
import { headerOf, type WholeAnswer } from "../../shared/request/whole-answer.ts";
import { describeBody } from "../../shared/request/status-failure.ts";
import { toMs } from "../../shared/http/duration.ts";
import { follow, parseSteps } from "../select-path.ts";
import { withQuery } from "../client/query.ts";
import type { KnownAuth } from "./options.ts";
import type { AuthContext, Authenticator } from "./authenticator.ts";
import { secretValue } from "../../shared/http/secret-value.ts";
import { addCookie } from "./static.ts";
import { TokenKeeper, type Token } from "./token-keeper.ts";

type Session = Extract<KnownAuth, { kind: "session" }>;

/** A token or cookies from a call that logs in. */
export function sessionTokens(options: Session, context: AuthContext): Authenticator {
  const keeper = new TokenKeeper(() => logIn(options, context), context.clock);
  const header = options.header.toLowerCase();
  const cookies = options.token === undefined && options.tokenHeader === undefined;
  const prefix = options.prefix ?? (header === "authorization" ? "Bearer " : "");
  return {
    async apply({ headers }) {
      const token = await keeper.get();
      if (cookies) addCookie(headers, token);
      else headers[header] = prefix + token;
    },
    renew: ({ headers }) =>
      keeper.drop(cookies ? (headers["cookie"] ?? "") : (headers[header] ?? "").slice(prefix.length)),
  };
}

async function logIn(options: Session, context: AuthContext): Promise<Token> {
  const { login } = options;
  const url = withQuery(new URL(login.url), login.query);
  const headers: Record<string, string> = { accept: "application/json, */*" };
  for (const [name, value] of Object.entries(login.headers)) {
    headers[name.toLowerCase()] = await secretValue(value, `login.${name}`, context.secrets);
  }
  const body = await bodyOf(options, headers, context);
  const answer = await context.send({ method: login.method.toUpperCase(), url, headers, body });
  const where = context.show(url);
  if (answer.status < 200 || answer.status > 399) {
    const said = context.secrets.mask(describeBody(answer));
    throw denied(`${where} did not log in: ${answer.status} ${said}`, answer.status);
  }
  const value = tokenOf(options, answer);
  if (value === undefined) throw denied(`${where} answered without the token of a session`, answer.status);
  context.secrets.add("accessToken", value);
  return { value, lifetimeMs: lifetimeOf(options, answer) };
}

async function bodyOf(
  { login }: Session,
  headers: Record<string, string>,
  context: AuthContext,
): Promise<string | undefined> {
  if (login.form !== undefined) {
    headers["content-type"] ??= "application/x-www-form-urlencoded";
    const form = new URLSearchParams();
    for (const [name, value] of Object.entries(login.form)) {
      form.set(name, await secretValue(value, `login.${name}`, context.secrets));
    }
    return form.toString();
  }
  if (login.body === undefined) return undefined;
  headers["content-type"] ??= "application/json";
  return JSON.stringify(await resolved(login.body, "login", context));
}

/** Puts in the secrets that are functions; texts under names of secrets are made known too. */
async function resolved(value: unknown, name: string, context: AuthContext): Promise<Json> {
  if (typeof value === "function") return secretValue(value as () => string, name, context.secrets);
  if (Array.isArray(value)) return Promise.all(value.map((each) => resolved(each, name, context)));
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).map(async ([key, each]) => [
      key,
      await resolved(each, `${name}.${key}`, context),
    ]);
    return Object.fromEntries((await Promise.all(members)) as [string, Json][]);
  }
  if (typeof value === "string" && /pass|secret|token|key/i.test(name)) context.secrets.add(name, value);
  return value as Json;
}

function tokenOf(options: Session, answer: WholeAnswer): string | undefined {
  if (options.tokenHeader !== undefined) return headerOf(answer.headers, options.tokenHeader.toLowerCase());
  if (options.token === undefined) {
    const set = answer.headers["set-cookie"];
    const cookies = (Array.isArray(set) ? set : set === undefined ? [] : [set]).map(
      (each) => each.split(";")[0] ?? "",
    );
    return cookies.length === 0 ? undefined : cookies.join("; ");
  }
  const value = memberOf(answer, options.token);
  return typeof value === "string" && value !== "" ? value : undefined;
}

function lifetimeOf(options: Session, answer: WholeAnswer): number | undefined {
  const seconds =
    options.expiresIn === undefined ? Number.NaN : Number(memberOf(answer, options.expiresIn) ?? Number.NaN);
  if (Number.isFinite(seconds)) return seconds * 1_000;
  return options.lifetime === undefined ? undefined : toMs(options.lifetime);
}

function memberOf(answer: WholeAnswer, path: string): unknown {
  try {
    return follow(JSON.parse(answer.body.toString("utf8")), parseSteps(path) ?? []);
  } catch {
    return undefined;
  }
}

function denied(message: string, status: number): MillraceError {
  return new MillraceError("MLR_SOURCE_DENIED", message, {
    hint: "Check the login call in `auth`: its address, what it sends, and where the token is.",
    details: { status },
    retry: status >= 500 ? "later" : "never",
  });
}
