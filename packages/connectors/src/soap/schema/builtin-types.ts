import { localOf, namespaceOf, NS, qualified } from "../namespaces.ts";
import type { ComplexType, SchemaType, SimpleType } from "./types.ts";

const SIMPLE = new Set(
  `string normalizedString token language NMTOKEN NMTOKENS Name NCName ID IDREF IDREFS ENTITY ENTITIES anyURI QName NOTATION
  boolean decimal integer nonPositiveInteger negativeInteger long int short byte nonNegativeInteger unsignedLong unsignedInt
  unsignedShort unsignedByte positiveInteger float double duration dayTimeDuration yearMonthDuration dateTime dateTimeStamp
  time date gYearMonth gYear gMonthDay gDay gMonth hexBinary base64Binary anySimpleType anyAtomicType untypedAtomic`.split(
    /\s+/,
  ),
);

/** Namespaces whose types are known: nothing is loaded for them. */
export const BUILT_IN_NAMESPACES: ReadonlySet<string> = new Set([
  NS.xsd,
  NS.xml,
  NS.encoding11,
  NS.encoding12,
  NS.xmlMime,
  NS.swaRef,
  NS.soap11,
  NS.soap12,
]);

const made = new Map<string, SchemaType>();

/** The type that every value has: it takes anything. */
export const ANY_TYPE: ComplexType = {
  kind: "complex",
  name: "anyType",
  qname: qualified(NS.xsd, "anyType"),
  fields: [],
  attributes: [],
  text: undefined,
  textMember: "text",
  any: true,
  mixed: true,
  abstract: false,
  items: undefined,
};

/** A type that no document has to declare; undefined where there is none of the name. */
export function builtInType(qname: string): SchemaType | undefined {
  let type = made.get(qname);
  if (type === undefined) {
    type = make(qname);
    if (type !== undefined) made.set(qname, type);
  }
  return type;
}

/** The simple type of XML Schema of a name. */
export function simpleType(name: string): SimpleType {
  return { kind: "simple", name, qname: qualified(NS.xsd, name), base: name, list: false };
}

function make(qname: string): SchemaType | undefined {
  const name = localOf(qname);
  switch (namespaceOf(qname)) {
    case NS.xsd:
      if (name === "anyType") return ANY_TYPE;
      return SIMPLE.has(name)
        ? { ...simpleType(name), list: /^(NMTOKENS|IDREFS|ENTITIES)$/.test(name) }
        : undefined;
    case NS.encoding11:
    case NS.encoding12:
      if (name === "Array") return { ...ANY_TYPE, name, qname, items: ANY_TYPE };
      if (name === "base64") return { ...simpleType("base64Binary"), qname };
      return SIMPLE.has(name) ? { ...simpleType(name), qname } : undefined;
    case NS.xmlMime:
      return name === "base64Binary" || name === "hexBinary" ? { ...simpleType(name), qname } : undefined;
    case NS.swaRef:
      return name === "swaRef" ? { ...simpleType("swaRef"), qname } : undefined;
    default:
      return undefined;
  }
}
