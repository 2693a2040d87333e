import type { TextRequest } from "../../shared/request/outgoing.ts";
import type { WholeAnswer } from "../../shared/request/whole-answer.ts";
import type { Secrets } from "../../shared/http/secrets.ts";
import type { Clock } from "@millrace/core";

/** A request that is about to be sent. */
export interface Signable extends TextRequest {
  readonly headers: Record<string, string>;
}

/** Adds to requests what shows who asks. */
export interface Authenticator {
  /** It changes addresses, so it has to be given a copy. */
  readonly changesUrl?: true;
  apply(request: Signable): Promise<void> | void;
  /** The server answered 401 to `request`: true where something new can be tried. */
  renew?(request: TextRequest): boolean;
}

/** What authenticators work with. */
export interface AuthContext {
  readonly secrets: Secrets;
  readonly clock: Clock;
  /** Sends a request that needs no authentication itself, with retries; any status comes back. */
  send(request: TextRequest): Promise<WholeAnswer>;
  show(url: URL): string;
}
