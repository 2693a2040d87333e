import { MillraceError } from "@millrace/core";
import type { FastifyRequest } from "fastify";
import { identityOf } from "../server/identity-of.ts";
import type { Identity } from "../server/identity.ts";
import type { TokenScope } from "./api-tokens.ts";
import type { OpenSession } from "./sessions.ts";

/** Who makes a request, with what only sign-in has to know of them. */
export interface Caller extends Identity {
  /** UUID of the user: of a token, whose it is. */
  readonly userId: string;
  /** Null: a token. */
  readonly session: OpenSession | null;
  /** What a token is limited to; null: nothing. */
  readonly scope: TokenScope | null;
}

/** Who makes a request. Fails with MLR_SIGN_IN_REQUIRED where nobody is known. */
export function callerOf(request: FastifyRequest): Caller {
  const identity = identityOf(request);
  if (isCaller(identity)) return identity;
  throw new MillraceError("MLR_INTERNAL", "The server was put together with another guard than its sign-in");
}

/** A person who makes a request. Fails with MLR_ACCESS_DENIED for a token: it must not make or keep itself further access. */
export function personOf(request: FastifyRequest): Caller & { readonly session: OpenSession } {
  const caller = callerOf(request);
  const { session } = caller;
  if (session !== null) return { ...caller, session };
  throw new MillraceError("MLR_ACCESS_DENIED", "This takes a person who signed in, and not a token", {
    hint: "Sign in on the dashboard, or use the commands `millrace user` and `millrace token`.",
  });
}

function isCaller(identity: Identity): identity is Caller {
  return "userId" in identity && "session" in identity && "scope" in identity;
}
