/** What a check says: whether it is well, and in a few words how. */
export interface CheckResult {
  readonly ok: boolean;
  readonly text: string;
}

/** Looks whether a part of this process can do its work. */
export type HealthCheck = () => CheckResult | Promise<CheckResult>;

/** Longest time for all checks, in milliseconds. */
const LIMIT_MS = 2_000;

/** Asks all checks at once. One that throws, or does not answer within two seconds, is not well. */
export async function askHealth(
  checks: Readonly<Record<string, HealthCheck>>,
): Promise<{ readonly ok: boolean; readonly checks: Readonly<Record<string, CheckResult>> }> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<CheckResult>((resolve) => {
    timer = setTimeout(() => resolve({ ok: false, text: `no answer within ${LIMIT_MS} ms` }), LIMIT_MS);
  });
  const entries = await Promise.all(
    Object.entries(checks).map(async ([name, check]): Promise<[string, CheckResult]> => {
      try {
        return [name, await Promise.race([check(), late])];
      } catch {
        // Why it failed may name hosts and users; whoever asks here needs to know only that it did.
        return [name, { ok: false, text: "failed" }];
      }
    }),
  );
  clearTimeout(timer);
  return { ok: entries.every(([, { ok }]) => ok), checks: Object.fromEntries(entries) };
}
