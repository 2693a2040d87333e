import { MillraceError } from "@millrace/core";
import type { WholeAnswer } from "../../shared/request/whole-answer.ts";
import { describeBody } from "../../shared/request/status-failure.ts";
import type { AuthContext } from "./authenticator.ts";
import type { Token } from "./token-keeper.ts";

/** What a token endpoint gave. */
export interface GrantedToken extends Token {
  readonly refreshToken: string | undefined;
}

/** What is asked of a token endpoint. */
export interface TokenRequest {
  readonly tokenUrl: string;
  readonly form: URLSearchParams;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Asks a token endpoint (RFC 6749, section 5). Fails with MLR_SOURCE_DENIED and what the server says. */
export async function requestToken(request: TokenRequest, context: AuthContext): Promise<GrantedToken> {
  const url = new URL(request.tokenUrl);
  const answer = await context.send({
    method: "POST",
    url,
    headers: {
      ...request.headers,
      accept: "application/json",
      "content-type": "application/x-www-form-urlencoded",
    },
    body: request.form.toString(),
  });
  const document = documentOf(answer);
  const token = document["access_token"];
  if (answer.status < 200 || answer.status > 299 || typeof token !== "string" || token === "") {
    throw refused(answer, context.show(url), context);
  }
  context.secrets.add("accessToken", token);
  const seconds = Number(document["expires_in"] ?? Number.NaN);
  const refreshToken = document["refresh_token"];
  if (typeof refreshToken === "string") context.secrets.add("refreshToken", refreshToken);
  return {
    value: token,
    lifetimeMs: Number.isFinite(seconds) ? seconds * 1_000 : undefined,
    refreshToken: typeof refreshToken === "string" ? refreshToken : undefined,
  };
}

function documentOf(answer: WholeAnswer): Record<string, unknown> {
  try {
    const document: unknown = JSON.parse(answer.body.toString("utf8"));
    if (typeof document === "object" && document !== null) return document as Record<string, unknown>;
  } catch {
    // Told by the caller, with what came instead.
  }
  return {};
}

function refused(answer: WholeAnswer, where: string, { secrets }: AuthContext): MillraceError {
  const ok = answer.status >= 200 && answer.status < 300;
  // A successful answer may have secrets in places that we do not know.
  const said = ok ? "an answer without access_token" : secrets.mask(describeBody(answer));
  return new MillraceError("MLR_SOURCE_DENIED", `${where} gave no token: ${answer.status} ${said}`, {
    hint: "Check the client's id and secret, the grant and the scope in `auth`.",
    details: { status: answer.status },
    retry: answer.status >= 500 ? "later" : "never",
  });
}
