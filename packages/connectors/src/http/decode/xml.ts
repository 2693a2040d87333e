import { MillraceError } from "@millrace/core";
import { SaxesParser } from "saxes";

/** Deeper documents are refused: they are made to exhaust the memory. */
const DEEPEST = 200;

type Element = Record<string, unknown>;
interface Frame {
  readonly name: string;
  readonly members: Element;
  text: string;
}

/**
 * Reads an XML document as an object: an element's name → its content. Attributes are members called `@name`, repeated
 * elements an array, an element with text alone that text; text beside other things is `#text`. Names have no prefix.
 * Entities that a document defines are refused. Fails with MLR_SOURCE_FORMAT.
 */
export function parseXmlAnswer(text: string, where: string): unknown {
  const parser = new SaxesParser<{ xmlns: false }>({ xmlns: false });
  const root: Frame = { name: "", members: {}, text: "" };
  const stack: Frame[] = [root];
  parser.on("error", (error) => {
    throw malformed(where, error.message);
  });
  parser.on("doctype", (doctype) => {
    if (/<!ENTITY/i.test(doctype)) throw malformed(where, "it defines entities, which are not expanded");
  });
  parser.on("opentag", (tag) => {
    if (stack.length > DEEPEST) throw malformed(where, `it is more than ${DEEPEST} elements deep`);
    const members: Element = {};
    for (const [name, value] of Object.entries(tag.attributes)) {
      if (name !== "xmlns" && !name.startsWith("xmlns:")) set(members, `@${localName(name)}`, value);
    }
    stack.push({ name: localName(tag.name), members, text: "" });
  });
  const addText = (piece: string): void => {
    const top = stack.at(-1);
    if (top !== undefined) top.text += piece;
  };
  parser.on("text", addText);
  parser.on("cdata", addText);
  parser.on("closetag", () => {
    const frame = stack.pop();
    const parent = stack.at(-1);
    if (frame !== undefined && parent !== undefined) add(parent.members, frame.name, contentOf(frame));
  });
  parser.write(text).close();
  return root.members;
}

function contentOf({ members, text }: Frame): unknown {
  const trimmed = text.trim();
  if (Object.keys(members).length === 0) return trimmed === "" ? null : trimmed;
  if (trimmed !== "") set(members, "#text", trimmed);
  return members;
}

function add(members: Element, name: string, content: unknown): void {
  const known = Object.hasOwn(members, name) ? members[name] : undefined;
  if (!Object.hasOwn(members, name)) set(members, name, content);
  else if (Array.isArray(known)) known.push(content);
  else set(members, name, [known, content]);
}

/** A member as its own, whatever its name is. */
function set(members: Element, name: string, value: unknown): void {
  Object.defineProperty(members, name, { value, writable: true, enumerable: true, configurable: true });
}

function localName(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}

function malformed(where: string, what: string): MillraceError {
  return new MillraceError(
    "MLR_SOURCE_FORMAT",
    `${where} is no XML that can be read: ${what.replace(/^undefined:/, "")}`,
    {
      hint: "Check that the address answers with XML, and not with a page for people.",
    },
  );
}
