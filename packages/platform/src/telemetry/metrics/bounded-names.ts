/** What takes the place of names that are too many. */
export const OTHER = "other";

/** The first so many names that come by; later ones are `other`, so that no label has values without end. */
export class BoundedNames {
  readonly #known = new Set<string>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  name(name: string): string {
    if (this.#known.has(name)) return name;
    if (this.#known.size >= this.#limit) return OTHER;
    this.#known.add(name);
    return name;
  }
}
