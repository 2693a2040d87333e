/** Places that are looked at for one marker. */
const MOST_PLACES = 30;
/** Longest tag or call that is looked at. */
const WINDOW = 2_000;

/**
 * The start tags around a marker, such as the name of a class. Only some characters around each of some places are looked at,
 * so that the time grows with the length of the page alone, whatever it has in it.
 */
export function* tagsAround(page: string, marker: string): Generator<string, void, void> {
  for (const at of places(page, marker)) {
    const before = page.slice(Math.max(0, at - WINDOW), at);
    const start = before.lastIndexOf("<");
    if (start < 0 || before.includes(">", start)) continue;
    const behind = page.slice(at, at + WINDOW);
    const end = behind.indexOf(">");
    if (end >= 0) yield before.slice(start) + behind.slice(0, end + 1);
  }
}

/** What follows a marker, such as the call of a function; the marker included. */
function* behind(page: string, marker: string): Generator<string, void, void> {
  for (const at of places(page, marker)) yield page.slice(at, at + WINDOW);
}

/** The first tag of a class. */
export function tagOfClass(page: string, name: string): string | undefined {
  for (const tag of tagsAround(page, name)) {
    if (attribute(tag, "class")?.split(/\s+/).includes(name) === true) return tag;
  }
  return undefined;
}

/** The value of an attribute; undefined where it is missing or empty. */
export function attribute(tag: string | undefined, name: string): string | undefined {
  const found = new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s>"']+))`, "i").exec(tag ?? "");
  const value = found?.[1] ?? found?.[2] ?? found?.[3];
  return value === undefined || value === "" ? undefined : value;
}

/** What a pattern finds behind a marker: its first group. */
export function foundBehind(page: string, marker: string, pattern: RegExp): string | undefined {
  for (const text of behind(page, marker)) {
    const found = pattern.exec(text)?.[1];
    if (found !== undefined) return found;
  }
  return undefined;
}

function* places(page: string, marker: string): Generator<number, void, void> {
  let at = page.indexOf(marker);
  for (let count = 0; at >= 0 && count < MOST_PLACES; count++) {
    yield at;
    at = page.indexOf(marker, at + marker.length);
  }
}
