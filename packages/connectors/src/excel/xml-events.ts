import { SaxesParser } from "saxes";
import { formatError } from "./format-error.ts";

/** What is done with the elements of an XML text. Names come without their prefix. */
export interface XmlEvents {
  open?(name: string, attributes: Readonly<Record<string, string>>): void;
  close?(name: string): void;
  text?(text: string): void;
}

/** Parses XML that comes in pieces, and yields behind each piece. Fails with MLR_SOURCE_FORMAT where it is malformed. */
export async function* xmlEvents(
  pieces: AsyncIterable<string>,
  events: XmlEvents,
  file: string,
): AsyncGenerator<void, void, void> {
  const parser = new SaxesParser<{ xmlns: false }>({ xmlns: false });
  parser.on("error", (error) => {
    throw formatError(
      file,
      `has malformed XML: ${error.message}`,
      "The file may be damaged: save it again.",
      error,
    );
  });
  parser.on("opentag", (tag) => events.open?.(localName(tag.name), tag.attributes));
  parser.on("closetag", (tag) => events.close?.(localName(tag.name)));
  parser.on("text", (text) => events.text?.(text));
  parser.on("cdata", (text) => events.text?.(text));
  for await (const piece of pieces) {
    parser.write(piece);
    yield;
  }
  parser.close();
}

/** Parses a whole XML text. */
export async function parseXml(
  pieces: AsyncIterable<string>,
  events: XmlEvents,
  file: string,
): Promise<void> {
  const parsing = xmlEvents(pieces, events, file);
  while ((await parsing.next()).done !== true);
}

function localName(name: string): string {
  const colon = name.indexOf(":");
  return colon < 0 ? name : name.slice(colon + 1);
}

/** An attribute by its name without prefix, such as `id` for `r:id`. */
export function attribute(attributes: Readonly<Record<string, string>>, name: string): string | undefined {
  const exact = attributes[name];
  if (exact !== undefined) return exact;
  return Object.entries(attributes).find(([key]) => localName(key) === name)?.[1];
}
