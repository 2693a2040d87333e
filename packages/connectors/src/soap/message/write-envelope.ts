import type { Row } from "@millrace/core";
import { NS } from "../namespaces.ts";
import type { SchemaSet } from "../schema/schema-set.ts";
import type { Field } from "../schema/types.ts";
import type { Operation } from "../wsdl/service.ts";
import { inputFault } from "./input-fault.ts";
import { XmlWriter } from "./xml-writer.ts";

/** What a message is made of. */
export interface MessageParts {
  readonly operation: Operation;
  readonly schemas: SchemaSet;
  readonly input: Row;
  /** Name of the element → its value. */
  readonly headers: Readonly<Record<string, unknown>>;
  /** Header `wsse:Security`, where there is one; it takes prefix `s` for the envelope. */
  readonly security: string;
}

/** Id of the body, for signatures. */
export const BODY_ID = "body";

/** Writes a message. Fails with MLR_ARGUMENT_INVALID where the input does not fit what the operation takes. */
export function writeEnvelope({ operation, schemas, input, headers, security }: MessageParts): string {
  const writer = new XmlWriter(schemas, operation.encoded);
  const header = Object.entries(headers)
    .map(([name, value]) =>
      writer.element(headerField(name, operation, schemas), value, `soapHeaders.${name}`),
    )
    .join("");
  const body = bodyOf(operation, input, writer);
  const envelope = operation.version === "1.2" ? NS.soap12 : NS.soap11;
  const namespaces = writer
    .namespaces()
    .map(([namespace, prefix]) => ` xmlns:${prefix}="${XmlWriter.attributeText(namespace)}"`)
    .join("");
  const style = operation.encoded && operation.version === "1.1" ? ` s:encodingStyle="${NS.encoding11}"` : "";
  const secured = security !== "";
  const utility = secured ? ` xmlns:wsu="${NS.wsu}"` : "";
  const id = secured ? ` wsu:Id="${BODY_ID}"` : "";
  const own = ` xmlns:s="${envelope}" xmlns:xsi="${NS.xsi}" xmlns:xsd="${NS.xsd}"${utility}${namespaces}`;
  const head = secured || header !== "" ? `<s:Header>${security}${header}</s:Header>` : "";
  return `<?xml version="1.0" encoding="utf-8"?>\n<s:Envelope${own}>${head}<s:Body${id}${style}>${body}</s:Body></s:Envelope>`;
}

function bodyOf({ input: shape, name }: Operation, input: Row, writer: XmlWriter): string {
  const [only, ...others] = shape.elements;
  if (only === undefined) {
    const [member] = Object.keys(input);
    if (member !== undefined)
      throw inputFault(`input.${member}`, `is not known: operation "${name}" takes nothing`);
    return "";
  }
  // Most messages have one element: what it contains is the input itself.
  if (others.length === 0) {
    const isText = only.type.kind === "simple";
    return writer.element(
      only,
      isText ? input[only.member] : input,
      isText ? `input.${only.member}` : "input",
    );
  }
  return writer.members(shape.elements, input, "input");
}

function headerField(name: string, { headers }: Operation, schemas: SchemaSet): Field {
  const field =
    headers.find((each) => each.name === name) ?? schemas.element(name) ?? schemas.elementNamed(name);
  if (field === undefined) {
    const known = headers.map((each) => each.name);
    throw inputFault(
      `soapHeaders.${name}`,
      "is not declared",
      known.length === 0 ? "The operation names no headers." : `It takes: ${known.join(", ")}.`,
    );
  }
  return field;
}
