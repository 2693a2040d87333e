/** A type whose values are texts: `string`, `int`, `date`, … */
export interface SimpleType {
  readonly kind: "simple";
  /** Its own name, for people. */
  readonly name: string;
  /** `{namespace}name`; undefined for types without a name. */
  readonly qname: string | undefined;
  /** Name of the type of XML Schema that it is made of, such as `decimal`; `swaRef` for a reference to an attachment. */
  readonly base: string;
  /** Several values with spaces between them. */
  readonly list: boolean;
}

/** A child element of a complex type, or an element of a message. */
export interface Field {
  /** Member of objects that holds its value. */
  readonly member: string;
  readonly name: string;
  /** Namespace of its elements; empty where they have none. */
  readonly namespace: string;
  readonly type: SchemaType;
  /** May come more than once: its value is an array. */
  readonly repeated: boolean;
  readonly optional: boolean;
  readonly nillable: boolean;
}

/** An attribute of a complex type. */
export interface AttributeField {
  /** Member of objects that holds its value: its name, after an `@` where an element has the same name. */
  readonly member: string;
  readonly name: string;
  readonly namespace: string;
  readonly type: SimpleType;
  readonly required: boolean;
}

/** A type whose values have members. */
export interface ComplexType {
  readonly kind: "complex";
  readonly name: string;
  readonly qname: string | undefined;
  /** Child elements in the order in which they are sent. */
  readonly fields: readonly Field[];
  readonly attributes: readonly AttributeField[];
  /** Type of the text between the tags, where there are attributes besides; it is the member `textMember`. */
  readonly text: SimpleType | undefined;
  readonly textMember: string;
  /** Takes elements that are not declared. */
  readonly any: boolean;
  /** Text between child elements counts. */
  readonly mixed: boolean;
  /** Only types that extend it have values. */
  readonly abstract: boolean;
  /** An array of SOAP's own encoding: its value is the array itself. */
  readonly items: SchemaType | undefined;
}

/** Type of an element. */
export type SchemaType = SimpleType | ComplexType;
