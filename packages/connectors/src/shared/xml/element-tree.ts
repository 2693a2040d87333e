import type { Row } from "@millrace/core";

/** How elements become values. */
export interface ElementRules {
  /** What stands before the names of attributes. */
  readonly attributePrefix: string;
  /** Member with the text of an element that has attributes or child elements besides. */
  readonly textName: string;
  /** Names of elements that are always arrays, also where there is one. */
  readonly lists: ReadonlySet<string>;
}

interface Frame {
  readonly name: string;
  readonly members: Row;
  /** Names of members that are child elements. */
  readonly children: Set<string>;
  text: string;
}

/** Two things of one element would have the same name. */
export class NameConflict extends Error {
  readonly member: string;

  constructor(element: string, member: string) {
    super(
      `element <${element}> has an attribute and a child element, or a text, which would both be called "${member}"`,
    );
    this.member = member;
  }
}

/**
 * Builds the value of one element out of what a parser tells. An element with text alone is that text, an empty one null;
 * any other is an object: attributes and child elements by their names, which come without prefix, repeated elements an array.
 * Throws NameConflict.
 */
export class ElementTree {
  readonly #rules: ElementRules;
  readonly #frames: Frame[] = [];

  constructor(rules: ElementRules) {
    this.#rules = rules;
  }

  /** Elements that are open. */
  get depth(): number {
    return this.#frames.length;
  }

  open(name: string, attributes: Readonly<Record<string, string>>): void {
    const members: Row = {};
    for (const attribute in attributes) {
      if (attribute === "xmlns" || attribute.startsWith("xmlns:")) continue;
      put(members, `${this.#rules.attributePrefix}${localName(attribute)}`, attributes[attribute]);
    }
    this.#frames.push({ name: localName(name), members, children: new Set(), text: "" });
  }

  text(text: string): void {
    const frame = this.#frames.at(-1);
    if (frame !== undefined) frame.text += text;
  }

  /** Closes the element that was opened last; returns its value where it was the outermost one. */
  close(): { readonly value: Row | string | null } | undefined {
    const frame = this.#frames.pop();
    if (frame === undefined) return undefined;
    const value = this.#valueOf(frame);
    const parent = this.#frames.at(-1);
    if (parent === undefined) return { value };
    this.#add(parent, frame.name, value);
    return undefined;
  }

  #valueOf({ name, members, text }: Frame): Row | string | null {
    const trimmed = text.trim();
    if (Object.keys(members).length === 0) return trimmed === "" ? null : trimmed;
    if (trimmed !== "") {
      const { textName } = this.#rules;
      if (Object.hasOwn(members, textName)) throw new NameConflict(name, textName);
      put(members, textName, trimmed);
    }
    return members;
  }

  #add({ name: parent, members, children }: Frame, name: string, value: unknown): void {
    if (!children.has(name)) {
      if (Object.hasOwn(members, name)) throw new NameConflict(parent, name);
      children.add(name);
      put(members, name, this.#rules.lists.has(name) ? [value] : value);
      return;
    }
    const before = members[name];
    if (Array.isArray(before)) before.push(value);
    else put(members, name, [before, value]);
  }
}

/** A name without the prefix of its namespace. */
export function localName(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}

/** Sets a member of its own, whatever its name is. */
export function put(members: Row, name: string, value: unknown): void {
  if (name === "__proto__") {
    Object.defineProperty(members, name, { value, writable: true, enumerable: true, configurable: true });
  } else members[name] = value;
}
