import { MillraceError } from "@millrace/core";
import { SaxesParser, type SaxesTagNS } from "saxes";
import { qualified } from "../namespaces.ts";

/** Deeper documents are refused: they are made to exhaust the memory. */
const DEEPEST = 200;

/** An element of a document that is held as a whole. */
export interface XmlElement {
  readonly namespace: string;
  /** Without prefix. */
  readonly name: string;
  /** By name; those of a namespace by `{namespace}name`. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** All text directly in it. */
  readonly text: string;
  /** 1-based line of the document. */
  readonly line: number;
  /** Prefix → namespace, as they hold here. */
  readonly scope: Readonly<Record<string, string>>;
}

type Building = { -readonly [K in keyof XmlElement]: XmlElement[K] } & { children: Building[] };

/** Reads a whole document. Definitions of entities are refused. Fails with MLR_SOURCE_FORMAT, which names `where`. */
export function parseXml(text: string, where: string): XmlElement {
  const parser = new SaxesParser<{ xmlns: true }>({ xmlns: true });
  const open: Building[] = [];
  let root: Building | undefined;
  const fail = (what: string, hint: string): MillraceError =>
    new MillraceError("MLR_SOURCE_FORMAT", `${where}, line ${parser.line}: ${what}`, {
      hint,
      details: { line: parser.line, column: parser.column },
    });
  parser.on("error", (error) => {
    throw fail(
      `is no well-formed XML: ${error.message.replace(/^(undefined:)?\d+:\d+: /, "")}`,
      "Check that the address answers with XML, and not with a page for people.",
    );
  });
  parser.on("doctype", (doctype) => {
    if (/<!ENTITY/i.test(doctype))
      throw fail("defines entities, which are not expanded", "Replace them in the document.");
  });
  parser.on("opentag", (tag) => {
    if (open.length >= DEEPEST)
      throw fail(`is more than ${DEEPEST} elements deep`, "Such documents are refused.");
    const parent = open.at(-1);
    const element = elementOf(tag, parent, parser.line);
    if (parent === undefined) root = element;
    else parent.children.push(element);
    open.push(element);
  });
  const addText = (piece: string): void => {
    const element = open.at(-1);
    if (element !== undefined) element.text += piece;
  };
  parser.on("text", addText);
  parser.on("cdata", addText);
  parser.on("closetag", () => void open.pop());
  parser.write(text).close();
  if (root === undefined) throw fail("has no element", "Check the address.");
  return root;
}

function elementOf(
  { local, uri, ns, attributes }: SaxesTagNS,
  parent: XmlElement | undefined,
  line: number,
): Building {
  const scope = Object.create(parent?.scope ?? null) as Record<string, string>;
  Object.assign(scope, ns);
  const named = Object.values(attributes).map(
    (each) => [each.prefix === "" ? each.local : qualified(each.uri, each.local), each.value] as const,
  );
  return { namespace: uri, name: local, attributes: new Map(named), children: [], text: "", line, scope };
}

/** The children of a name in a namespace. */
export function childrenOf(element: XmlElement, namespace: string, name: string): XmlElement[] {
  return element.children.filter((each) => each.namespace === namespace && each.name === name);
}

/** The first child of a name in a namespace. */
export function childOf(element: XmlElement, namespace: string, name: string): XmlElement | undefined {
  return element.children.find((each) => each.namespace === namespace && each.name === name);
}

/**
 * The name that an attribute refers to, such as `tns:Order`, with its namespace: `{urn:shop}Order`. Undefined where the
 * element has no such attribute, or its prefix is bound to nothing.
 */
export function referenceOf(element: XmlElement, attribute: string): string | undefined {
  const value = element.attributes.get(attribute)?.trim();
  return value === undefined ? undefined : resolveName(value, element.scope);
}

/** A name with a prefix as `{namespace}name`; undefined where the prefix is bound to nothing. */
export function resolveName(name: string, scope: Readonly<Record<string, string>>): string | undefined {
  const colon = name.indexOf(":");
  const namespace = scope[colon < 0 ? "" : name.slice(0, colon)];
  if (colon >= 0 && namespace === undefined) return undefined;
  return qualified(namespace ?? "", name.slice(colon + 1));
}
