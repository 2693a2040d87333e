/** Why the server closes a connection; 1000 to 1999 are the protocol's own. */
export const CLOSE = {
  /** The server ends: come back in a moment. */
  goingAway: 1001,
  /** A message that is not as `ClientMessage` says. */
  wrongMessage: 4400,
  /** Signed out, or the session or token has ended: sign in again. */
  signedOut: 4401,
  /** The role was taken away: what may be followed has to be asked for anew. */
  denied: 4403,
  /** Nothing was heard of it for long, or it takes what it is sent too slowly: come back with `after`. */
  tooSlow: 4408,
  /** Too many messages in a short time. */
  tooMany: 4429,
} as const;
