/** A connection URL without its password, for people to read. */
export function maskUrl(url: string): string {
  if (!URL.canParse(url)) return "***";
  const masked = new URL(url);
  if (masked.password !== "") masked.password = "***";
  for (const key of masked.searchParams.keys()) {
    if (/password|secret|token|key/i.test(key)) masked.searchParams.set(key, "***");
  }
  return masked.href;
}
