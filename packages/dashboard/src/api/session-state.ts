/** Any answer may say that the session is over; the frame of the pages hears of it here. */
const listeners = new Set<() => void>();

/** To be called when the API says that nobody is signed in. */
export function signedOut(): void {
  for (const listener of listeners) listener();
}

/** Calls `listener` whenever the session turns out to be over; gives the way to stop it. */
export function onSignedOut(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
