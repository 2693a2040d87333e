import { MillraceError, type Row } from "@millrace/core";
import { put } from "../../shared/xml/element-tree.ts";
import { NS, qualified } from "../namespaces.ts";
import { ANY_TYPE } from "../schema/builtin-types.ts";
import type { SchemaSet } from "../schema/schema-set.ts";
import type { ComplexType, Field, SchemaType, SimpleType } from "../schema/types.ts";
import { isTrue } from "../schema/schema-set.ts";
import { resolveName } from "../wsdl/xml-element.ts";
import { decodeSimple, INVALID, type Decimals } from "./simple-value.ts";

/** Deeper messages are refused: they are made to exhaust the memory. */
const DEEPEST = 500;
/** What an element costs besides its text, in characters. */
const TAG_LENGTH = 16;

/** The beginning of an element. */
export interface OpenTag {
  readonly namespace: string;
  readonly name: string;
  /** `{namespace}name` → value, without declarations of namespaces. */
  readonly attributes: ReadonlyMap<string, string>;
  /** Prefix → namespace, for names in values. */
  readonly scope: Readonly<Record<string, string>>;
}

/** What decoding needs to know. */
export interface DecodeContext {
  readonly schemas: SchemaSet;
  readonly decimals: Decimals;
  /** Bytes of an attachment by its content id; undefined where there is none. */
  readonly attachment: (id: string) => Uint8Array | undefined;
  /** Names of elements, within the outermost one, that are rows. Undefined: there are none. */
  readonly rows: readonly string[] | undefined;
  /** Takes a row, with what is wrong with it. */
  readonly onRow: (value: unknown, problems: readonly string[]) => void;
  /** Most characters of a row, and of everything else together. */
  readonly maxLength: number;
  /** The message follows the rules of SOAP's own encoding. */
  readonly encoded: boolean;
  /** For errors. */
  readonly where: string;
}

const NIL = qualified(NS.xsi, "nil");
/** Of elements that are texts. */
const NO_MEMBERS: Row = Object.freeze({});

interface Frame {
  readonly name: string;
  readonly member: string;
  readonly repeated: boolean;
  type: SchemaType;
  readonly nil: boolean;
  members: Row;
  /** Values of an array of SOAP's own encoding. */
  readonly items: unknown[] | undefined;
  /** Members that are arrays though their types do not say so. */
  doubled: Set<string> | undefined;
  text: string;
  /** Content id of the attachment that is its value. */
  include: string | undefined;
  /** How many names of the path to rows lead here; -1: another way. */
  readonly matched: number;
}

/** Makes values of elements by their types, one event after another; holds one row, however many there are. */
export class ValueDecoder {
  readonly #context: DecodeContext;
  readonly #frames: Frame[] = [];
  readonly #root: Field;
  #row: { problems: string[]; length: number; depth: number } | undefined;
  #length = 0;
  #value: unknown;

  /** @param root the outermost element. */
  constructor(root: Field, context: DecodeContext) {
    this.#root = root;
    this.#context = context;
  }

  /** The value of the outermost element, once it was closed; rows are left out. */
  get value(): unknown {
    return this.#value;
  }

  open(tag: OpenTag): void {
    this.#count(tag.name.length + TAG_LENGTH);
    if (this.#frames.length >= DEEPEST) throw this.#fault(`is more than ${DEEPEST} elements deep`);
    const parent = this.#frames.at(-1);
    // What is referred to stands behind all rows: to read it, everything would have to be held in memory.
    if (this.#context.encoded && tag.attributes.get("href")?.startsWith("#") === true)
      throw this.#fault(
        `refers to values elsewhere in the message (<${tag.name} href="#…">), which is not read`,
      );
    if (parent !== undefined && isInclude(tag)) parent.include = tag.attributes.get("href") ?? "";
    const frame = this.#frameOf(tag, parent);
    this.#frames.push(frame);
    if (this.#row === undefined && frame.matched > 0 && frame.matched === this.#context.rows?.length)
      this.#row = { problems: [], length: 0, depth: this.#frames.length };
    const { type, nil } = frame;
    if (type.kind === "complex" && !nil && tag.attributes.size > 0) this.#takeAttributes(frame, type, tag);
  }

  text(text: string): void {
    const frame = this.#frames.at(-1);
    if (frame === undefined) return;
    this.#count(text.length);
    frame.text += text;
  }

  close(): void {
    const frame = this.#frames.pop();
    if (frame === undefined) return;
    const parent = this.#frames.at(-1);
    if (
      parent !== undefined &&
      frame.name === "Include" &&
      parent.include !== undefined &&
      frame.member === ""
    )
      return;
    const value = frame.nil ? null : this.#valueOf(frame);
    if (this.#row !== undefined && this.#row.depth === this.#frames.length + 1) {
      const { problems } = this.#row;
      this.#row = undefined;
      this.#context.onRow(value, problems);
      if (parent === undefined) this.#value = undefined;
      return;
    }
    if (parent === undefined) this.#value = value;
    else if (parent.items !== undefined) parent.items.push(value);
    else this.#add(parent, frame, value);
  }

  #frameOf(tag: OpenTag, parent: Frame | undefined): Frame {
    const { member, repeated, type: declared } = this.#placeIn(parent, tag);
    const type = this.#typeOf(declared, tag);
    const complex = type.kind === "complex" ? type : undefined;
    return {
      name: tag.name,
      member,
      repeated,
      type,
      nil: tag.attributes.size > 0 && isTrue(tag.attributes.get(NIL)),
      members: complex === undefined ? NO_MEMBERS : {},
      items: complex?.items === undefined ? undefined : [],
      doubled: undefined,
      text: "",
      include: undefined,
      matched: this.#matchedAt(parent, tag.name),
    };
  }

  #placeIn(parent: Frame | undefined, tag: OpenTag): { member: string; repeated: boolean; type: SchemaType } {
    if (parent === undefined) return this.#root;
    if (parent.include !== undefined && tag.namespace === NS.xop)
      return { member: "", repeated: false, type: ANY_TYPE };
    // Documents of their own in what is declared as text: kept rather than lost.
    if (parent.type.kind === "simple") {
      parent.type = ANY_TYPE;
      parent.members = {};
    }
    const { type } = parent;
    if (type.items !== undefined) return { member: "", repeated: false, type: type.items };
    const declared = fieldOf(type, tag);
    if (declared !== undefined) return declared;
    const qname = qualified(tag.namespace, tag.name);
    const global = this.#context.schemas.element(qname);
    const member = tag.name;
    if (global === undefined) return { member, repeated: false, type: ANY_TYPE };
    const head = this.#context.schemas.headOf(qname);
    const stands =
      head === undefined
        ? undefined
        : type.fields.find((each) => qualified(each.namespace, each.name) === head);
    return { member, repeated: stands?.repeated ?? false, type: global.type };
  }

  /** The declared type, or the one that the element says it has. */
  #typeOf(declared: SchemaType, { attributes, scope }: OpenTag): SchemaType {
    if (attributes.size === 0) return declared;
    const said = attributes.get(qualified(NS.xsi, "type"));
    const name = said === undefined ? undefined : resolveName(said.trim(), scope);
    const type = (name === undefined ? undefined : this.#context.schemas.type(name)) ?? declared;
    const array = attributes.get(qualified(NS.encoding11, "arrayType"));
    if (
      array === undefined ||
      type.kind !== "complex" ||
      (type.items !== undefined && type.items !== ANY_TYPE)
    )
      return type;
    const itemName = resolveName(array.trim().replace(/(\[[\d,\s]*\])+$/, ""), scope);
    const items = itemName === undefined ? undefined : this.#context.schemas.type(itemName);
    return { ...ANY_TYPE, items: items ?? ANY_TYPE };
  }

  #matchedAt(parent: Frame | undefined, name: string): number {
    const { rows } = this.#context;
    if (rows === undefined) return -1;
    if (parent === undefined) return 0;
    return parent.matched >= 0 && (rows[parent.matched] === name || rows[parent.matched] === "*")
      ? parent.matched + 1
      : -1;
  }

  #takeAttributes(frame: Frame, type: ComplexType, { attributes }: OpenTag): void {
    for (const [key, text] of attributes) {
      if (
        key.startsWith(`{${NS.xsi}}`) ||
        key.startsWith(`{${NS.encoding11}}`) ||
        key.startsWith(`{${NS.soap11}}`)
      )
        continue;
      const declared = type.attributes.find((each) => qualified(each.namespace, each.name) === key);
      this.#count(key.length + text.length);
      if (declared !== undefined)
        put(frame.members, declared.member, this.#decode(declared.type, text, `@${declared.name}`));
      else if (type.any || !key.startsWith("{"))
        put(frame.members, `@${key.slice(key.lastIndexOf("}") + 1)}`, text);
    }
  }

  #valueOf(frame: Frame): unknown {
    const { type, text } = frame;
    if (frame.include !== undefined) return this.#attached(frame.include);
    if (type.kind === "complex") return frame.items ?? this.#membersOf(frame, type);
    if (type.base === "swaRef") return text.trim() === "" ? null : this.#attached(text.trim());
    return this.#decode(type, text, frame.name);
  }

  #membersOf({ name, members, text }: Frame, type: ComplexType): unknown {
    const trimmed = type.mixed ? text.trim() : "";
    const isText = type.any && type.mixed && type.fields.length === 0 && Object.keys(members).length === 0;
    if (isText) return trimmed === "" ? null : trimmed;
    if (type.text !== undefined) put(members, type.textMember, this.#decode(type.text, text, name));
    else if (trimmed !== "") put(members, type.textMember, trimmed);
    for (const { repeated, member } of type.fields)
      if (repeated && !Object.hasOwn(members, member)) put(members, member, []);
    return members;
  }

  #add(parent: Frame, { member, repeated }: Frame, value: unknown): void {
    const { members } = parent;
    const before = Object.hasOwn(members, member) ? members[member] : undefined;
    if (before === undefined) put(members, member, repeated ? [value] : value);
    else if (Array.isArray(before) && (repeated || parent.doubled?.has(member) === true)) before.push(value);
    else {
      // Not declared as repeated, and still it is: nothing of it is lost.
      (parent.doubled ??= new Set()).add(member);
      put(members, member, [before, value]);
    }
  }

  #decode(type: SimpleType, text: string, name: string): unknown {
    const value = decodeSimple(type, text, this.#context.decimals);
    if (value !== INVALID) return value;
    const shown = JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
    const path = [...this.#frames.slice(1).map((frame) => frame.name), name].join("/");
    this.#problem(`${path}: ${shown} is no ${type.list ? "list of " : ""}${type.base}`);
    return text;
  }

  #attached(reference: string): unknown {
    const id = reference.replace(/^cid:/i, "");
    const bytes = this.#context.attachment(id);
    if (bytes !== undefined) return bytes;
    this.#problem(`the attachment "${id.slice(0, 100)}" is missing from the answer`);
    return null;
  }

  /** Something is wrong with a value: its row is rejected; outside of rows there is nothing that could be. */
  #problem(what: string): void {
    if (this.#row === undefined) throw this.#fault(`has a value that does not fit: ${what}`);
    this.#row.problems.push(what);
  }

  #count(length: number): void {
    const { maxLength } = this.#context;
    const counted = this.#row === undefined ? (this.#length += length) : (this.#row.length += length);
    if (counted <= maxLength) return;
    throw new MillraceError(
      "MLR_SOURCE_LIMIT",
      `${this.#context.where} has ${this.#row === undefined ? "more than" : "a row of more than"} ${maxLength} characters${
        this.#row === undefined ? " that are not in rows" : ""
      }`,
      {
        hint: "Let `rows` name smaller elements, or raise the option `maxRowLength`.",
        details: { maxLength },
      },
    );
  }

  #fault(what: string): MillraceError {
    return new MillraceError("MLR_SOURCE_FORMAT", `${this.#context.where} ${what}`, {
      hint: "Ask whoever runs the service: it should answer as its description says, at best as document/literal.",
    });
  }
}

function isInclude({ namespace, name }: OpenTag): boolean {
  return name === "Include" && namespace === NS.xop;
}

/** The field that an element is: by name and namespace, or by name where services mix the namespaces up. */
function fieldOf(type: ComplexType, { namespace, name }: OpenTag): Field | undefined {
  let similar: Field | undefined;
  for (const field of type.fields) {
    if (field.name !== name) continue;
    if (field.namespace === namespace) return field;
    similar ??= field;
  }
  return similar;
}
