/** A package of the lock file. */
export interface LockPackage {
  readonly name?: string;
  readonly version?: string;
  readonly license?: unknown;
  readonly link?: boolean;
  readonly resolved?: string;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

/** Place in the tree, such as `node_modules/pg`, → what is there. */
export type LockPackages = Readonly<Record<string, LockPackage>>;

/** The name of the package at a place. */
export function nameAt(place: string): string {
  return place.slice(place.lastIndexOf("node_modules/") + "node_modules/".length);
}

/** Where the package is that `from` gets when it asks for `name`, as Node looks for it; undefined where it is not locked. */
export function resolveIn(packages: LockPackages, from: string, name: string): string | undefined {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf("/")))) {
    const place = folder === "" ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    const found = packages[place];
    if (found !== undefined) return found.link === true ? found.resolved : place;
    if (folder === "") return undefined;
  }
}

/** Everything that is installed with these packages, themselves included: what they need, on whatever system. */
export function closure(packages: LockPackages, roots: readonly string[]): string[] {
  const found = new Set<string>();
  const visit = (place: string): void => {
    if (found.has(place)) return;
    found.add(place);
    const entry = packages[place] ?? {};
    const optional = entry.peerDependenciesMeta ?? {};
    const peers = Object.keys(entry.peerDependencies ?? {}).filter(
      (name) => optional[name]?.optional !== true,
    );
    const needed = [...Object.keys({ ...entry.dependencies, ...entry.optionalDependencies }), ...peers];
    for (const name of needed) {
      const next = resolveIn(packages, place, name);
      if (next !== undefined) visit(next);
    }
  };
  for (const root of roots) visit(root);
  return [...found].filter((place) => place.includes("node_modules/")).toSorted();
}
