/** Values of query parameters as options have them. */
export type QueryValues = Readonly<Record<string, QueryScalar | readonly QueryScalar[]>>;
type QueryScalar = string | number | boolean | null | undefined;

/** Adds parameters to an address, in place of those of the same name; null and undefined are left out. */
export function withQuery(url: URL, values: QueryValues): URL {
  for (const [name, value] of Object.entries(values)) {
    const all = (Array.isArray(value) ? value : [value]) as readonly QueryScalar[];
    url.searchParams.delete(name);
    for (const each of all)
      if (each !== null && each !== undefined) url.searchParams.append(name, String(each));
  }
  return url;
}
