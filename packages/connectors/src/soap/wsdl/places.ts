import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { MillraceError } from "@millrace/core";

/** Says where the documents of a description are, and which may be read. */
export interface Places {
  /** The WSDL itself. */
  readonly root: URL;
  /** Where an import leads. Fails with MLR_SOURCE_DENIED where it may not be read. */
  resolve(
    written: string,
    base: URL,
    import_: { readonly by: string; readonly namespace: string | undefined },
  ): URL;
  /** What the options name for a namespace. */
  given(namespace: string | undefined): URL | undefined;
  /** The place for people. */
  show(location: URL): string;
}

/** What places are made of. */
export interface PlacesOptions {
  readonly wsdl: string | URL;
  /** Namespace, location or beginning of locations → what is read in its place. */
  readonly imports: Readonly<Record<string, string>>;
  /** The project's folder. */
  readonly directory: string;
  /** An address without what must not be seen. */
  readonly showUrl: (url: URL) => string;
}

/**
 * A description in a file may import files of its own folder and of the project; one at an address may import from the same
 * origin. Whatever else is wanted has to be named in the options: a description must not make us read other files or hosts.
 */
export function placesOf({ wsdl, imports, directory, showUrl }: PlacesOptions): Places {
  const root = locate(wsdl, directory);
  const named = new Map(Object.entries(imports).map(([from, to]) => [from, locate(to, directory)]));
  const show = (location: URL): string =>
    location.protocol === "file:" ? shownPath(fileURLToPath(location), directory) : showUrl(location);
  const given = (written: string): URL | undefined => {
    const exact = named.get(written);
    if (exact !== undefined) return exact;
    for (const [from, to] of named) {
      if (from.endsWith("/") && written.startsWith(from))
        return new URL(written.slice(from.length), asFolder(to));
    }
    return undefined;
  };
  return {
    root,
    show,
    given: (namespace) => (namespace === undefined ? undefined : named.get(namespace)),
    resolve(written, base, { by, namespace }) {
      const instead = given(written.trim()) ?? (namespace === undefined ? undefined : named.get(namespace));
      if (instead !== undefined) return instead;
      const target = URL.canParse(written.trim(), base.href) ? new URL(written.trim(), base) : undefined;
      if (target !== undefined) target.hash = "";
      const again = target === undefined ? undefined : given(target.href);
      if (again !== undefined) return again;
      if (target === undefined || !isAllowed(target, { base, root, directory })) throw denied(written, by);
      return target;
    },
  };
}

function isAllowed(
  target: URL,
  { base, root, directory }: { base: URL; root: URL; directory: string },
): boolean {
  if (target.protocol === "file:") {
    if (base.protocol !== "file:" || target.host !== "") return false;
    const file = fileURLToPath(target);
    const folders = [directory, ...(root.protocol === "file:" ? [path.dirname(fileURLToPath(root))] : [])];
    return (
      folders.some((folder) => isWithin(file, folder)) || isWithin(file, path.dirname(fileURLToPath(base)))
    );
  }
  // What was named in the options may import from where it is itself.
  return (target.protocol === "http:" || target.protocol === "https:") && target.origin === base.origin;
}

function isWithin(file: string, folder: string): boolean {
  const relative = path.relative(folder, file);
  return relative !== "" && !relative.startsWith("..") && !path.isAbsolute(relative);
}

function denied(written: string, by: string): MillraceError {
  return new MillraceError(
    "MLR_SOURCE_DENIED",
    `${by} imports ${written.slice(0, 300)}, which is at another place and is not read`,
    {
      hint: `If you trust it, say so: \`imports: { "${written.slice(0, 200)}": "${written.slice(0, 200)}" }\`, or name a file of yours instead.`,
      details: { location: written.slice(0, 300) },
    },
  );
}

function locate(place: string | URL, directory: string): URL {
  if (place instanceof URL) return place;
  if (/^(https?|file):/i.test(place)) return new URL(place);
  return pathToFileURL(path.resolve(directory, place));
}

function asFolder(location: URL): URL {
  return location.href.endsWith("/") ? location : new URL(`${location.href}/`);
}

function shownPath(file: string, directory: string): string {
  const relative = path.relative(directory, file);
  return relative.startsWith("..") || path.isAbsolute(relative) ? file : relative.replaceAll(path.sep, "/");
}
