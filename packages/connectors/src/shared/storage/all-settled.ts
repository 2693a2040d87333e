/** Does all of it, also where something fails, and fails then with the first failure: nothing goes on behind the caller's back. */
export async function allSettled<T>(work: readonly Promise<T>[]): Promise<T[]> {
  const done = await Promise.allSettled(work);
  const failed = done.find((each) => each.status === "rejected");
  if (failed !== undefined) throw failed.reason;
  return done.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
}
