/** A name in SQL. Names come from the database's own catalogue, so none is too long or has a NUL. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A table's name in SQL, so that no search_path matters. */
export function quotePlace(place: { readonly namespace: string; readonly table: string }): string {
  return `${quoteName(place.namespace)}.${quoteName(place.table)}`;
}
