import { MillraceError } from "@millrace/core";
import { SaxesParser } from "saxes";
import { ElementTree, localName } from "../../shared/xml/element-tree.ts";

/** Deeper documents are refused: they are made to exhaust the memory. */
const DEEPEST = 200;

/**
 * Reads an XML document as an object: an element's name → its content. Attributes are members called `@name`, repeated
 * elements an array, an element with text alone that text; text beside other things is `#text`. Names have no prefix.
 * Entities that a document defines are refused. Fails with MLR_SOURCE_FORMAT.
 */
export function parseXmlAnswer(text: string, where: string): unknown {
  const parser = new SaxesParser<{ xmlns: false }>({ xmlns: false });
  const tree = new ElementTree({ attributePrefix: "@", textName: "#text", lists: new Set() });
  let document: unknown = {};
  parser.on("error", (error) => {
    throw malformed(where, error.message);
  });
  parser.on("doctype", (doctype) => {
    if (/<!ENTITY/i.test(doctype)) throw malformed(where, "it defines entities, which are not expanded");
  });
  parser.on("opentag", ({ name, attributes }) => {
    if (tree.depth >= DEEPEST) throw malformed(where, `it is more than ${DEEPEST} elements deep`);
    tree.open(name, attributes);
  });
  parser.on("text", (piece) => tree.text(piece));
  parser.on("cdata", (piece) => tree.text(piece));
  parser.on("closetag", ({ name }) => {
    const root = tree.close();
    if (root !== undefined) document = Object.fromEntries([[localName(name), root.value]]);
  });
  parser.write(text).close();
  return document;
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
