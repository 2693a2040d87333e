/** A line of a log, as far as its order needs. */
interface Line {
  readonly id: string;
  readonly at: string;
}

/** Lines of two lists together, newest first, each once. Both lists are in that order already. */
export function mergeNewest<L extends Line>(fresh: readonly L[], loaded: readonly L[]): readonly L[] {
  if (fresh.length === 0) return loaded;
  const known = new Set(loaded.map(({ id }) => id));
  const news = fresh.filter(({ id }) => !known.has(id));
  if (news.length === 0) return loaded;
  return [...news, ...loaded].sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0));
}
