import { SaxesParser } from "saxes";
import { formatError } from "../decode-text.ts";

/** What is done with the elements of an XML text. Names come without their prefix. */
export interface XmlEvents {
  open?(name: string, attributes: Readonly<Record<string, string>>): void;
  close?(name: string): void;
  text?(text: string): void;
}

/** Parses XML. Fails with MLR_SOURCE_FORMAT where it is malformed. */
export function parseXml(xml: string, events: XmlEvents, file: string): void {
  const parser = new SaxesParser<{ xmlns: false }>({ xmlns: false });
  parser.on("error", (error) => {
    throw formatError(
      file,
      `has malformed XML: ${error.message}`,
      "Open and save it in its program again.",
      error,
    );
  });
  parser.on("opentag", (tag) => events.open?.(localName(tag.name), tag.attributes));
  parser.on("closetag", (tag) => events.close?.(localName(tag.name)));
  parser.on("text", (text) => events.text?.(text));
  parser.on("cdata", (text) => events.text?.(text));
  parser.write(xml).close();
}

function localName(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}
