/**
 * A whole number from 0 to `limit` that is always the same for the same pipeline and time, and spreads evenly over
 * pipelines and over times.
 */
export function jitterOf(pipeline: string, dueMs: number, limit: number): number {
  if (limit <= 0) return 0;
  let hash = 0x811c9dc5;
  const mix = (value: number): void => {
    hash = Math.imul(hash ^ value, 0x01000193);
  };
  for (let index = 0; index < pipeline.length; index++) mix(pipeline.charCodeAt(index));
  mix(dueMs | 0);
  mix(Math.floor(dueMs / 0x1_0000_0000));
  // What murmur3 ends with: FNV alone hardly moves its upper bits for neighbouring times.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  hash = (hash ^ (hash >>> 16)) >>> 0;
  return Math.floor((hash / 0x1_0000_0000) * (limit + 1));
}
