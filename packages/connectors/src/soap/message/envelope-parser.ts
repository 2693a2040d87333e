import { MillraceError } from "@millrace/core";
import { SaxesParser, type SaxesTagNS } from "saxes";
import { NS, qualified } from "../namespaces.ts";
import { ANY_TYPE } from "../schema/builtin-types.ts";
import type { Field } from "../schema/types.ts";
import type { MessageShape } from "../wsdl/service.ts";
import { faultOf, type Fault } from "./fault.ts";
import { ValueDecoder, type DecodeContext, type OpenTag } from "./value-decoder.ts";

const NONE: ReadonlyMap<string, string> = new Map();
const NO_SCOPE: Readonly<Record<string, string>> = {};

/** Reads a message in pieces: its body by the types of the schemas, or its fault. */
export class EnvelopeParser {
  readonly #context: DecodeContext;
  readonly #shape: MessageShape | undefined;
  readonly #parser = new SaxesParser<{ xmlns: true }>({ xmlns: true });
  readonly #values = new Map<string, unknown>();
  #depth = 0;
  #inBody = false;
  #envelope = "";
  #current: { decoder: ValueDecoder; field: Field; fault: boolean } | undefined;
  #fault: Fault | undefined;
  #sawBody = false;
  #sawEnvelope = false;
  #silent = 0;

  constructor(shape: MessageShape | undefined, context: DecodeContext) {
    this.#shape = shape;
    this.#context = context;
    this.#listen();
  }

  /** Takes the next piece of the message. Fails with MLR_SOURCE_FORMAT where it is none, MLR_SOURCE_LIMIT where it is too large. */
  push(text: string): void {
    this.#silent += text.length;
    this.#parser.write(text);
    if (this.#silent > this.#context.maxLength + text.length)
      throw this.#error("has a text or tag that is too long", "Raise the option `maxRowLength`.");
  }

  /** Ends the message; returns what it says besides rows. */
  end(): { readonly fault: Fault } | { readonly fault: undefined; readonly value: unknown } {
    this.#parser.close();
    if (!this.#sawBody) throw this.#error("is a message without a body", "Check the address of the service.");
    if (this.#fault !== undefined) return { fault: this.#fault };
    const elements = this.#shape?.elements ?? [];
    const [first] = elements;
    // Taken for an answer without rows, it would say that all rows are gone.
    if (first !== undefined && !elements.some(({ member }) => this.#values.has(member))) {
      const [found] = this.#values.keys();
      throw this.#error(
        `has ${found === undefined ? "an empty body" : `<${found}>`}, where <${first.name}> is expected`,
        "The service answers otherwise than its description says: check `endpoint`, and ask whoever runs it.",
      );
    }
    if (elements.length > 1) return { fault: undefined, value: Object.fromEntries(this.#values) };
    return { fault: undefined, value: [...this.#values.values()][0] };
  }

  #listen(): void {
    const parser = this.#parser;
    parser.on("error", (error) => {
      const what = error.message.replace(/^(undefined:)?\d+:\d+: /, "");
      const cut = /unclosed tag|end of document|unexpected end/i.test(what);
      throw this.#error(
        this.#sawEnvelope ? `is malformed: ${what}` : `is no SOAP message: ${what}`,
        cut
          ? "It may have been cut short: the run may be tried again."
          : what.includes("undefined entity")
            ? "Entities that a message defines are not expanded."
            : "Check that the address is that of the service, and not of a page for people.",
        cut,
      );
    });
    // SOAP forbids document types; with them come entities that expand.
    parser.on("doctype", () => {
      throw this.#error(
        "has a document type, which no SOAP message may have",
        "Check the address of the service.",
      );
    });
    parser.on("opentag", (tag) => this.#open(tag));
    parser.on("closetag", () => this.#close());
    const take = (text: string): void => {
      this.#silent = 0;
      this.#current?.decoder.text(text);
    };
    parser.on("text", take);
    parser.on("cdata", take);
    parser.on("comment", () => (this.#silent = 0));
    parser.on("processinginstruction", () => (this.#silent = 0));
  }

  #open(tag: SaxesTagNS): void {
    this.#silent = 0;
    this.#depth++;
    if (this.#current !== undefined) return this.#current.decoder.open(openTag(tag, this.#parser));
    const { local, uri } = tag;
    if (this.#depth === 1) return this.#openEnvelope(local, uri);
    if (this.#depth === 2 && local === "Body" && uri === this.#envelope) this.#inBody = this.#sawBody = true;
    if (this.#depth !== 3 || !this.#inBody) return;
    const isFault = local === "Fault" && uri === this.#envelope;
    const field = isFault ? generic("Fault") : this.#fieldOf(uri, local);
    const context = isFault ? { ...this.#context, rows: undefined } : this.#context;
    const decoder = new ValueDecoder(field, context);
    this.#current = { decoder, field, fault: isFault };
    decoder.open(openTag(tag, this.#parser));
  }

  #openEnvelope(name: string, namespace: string): void {
    const isEnvelope = name === "Envelope" && (namespace === NS.soap11 || namespace === NS.soap12);
    if (!isEnvelope) {
      const what = name.toLowerCase() === "html" ? "an HTML page" : `<${name.slice(0, 100)}>`;
      throw this.#error(
        `is no SOAP message, but ${what}`,
        "Check the address of the service; another one can be said with `endpoint`.",
      );
    }
    this.#envelope = namespace;
    this.#sawEnvelope = true;
  }

  #close(): void {
    this.#silent = 0;
    this.#depth--;
    const current = this.#current;
    if (current === undefined) {
      if (this.#depth === 1) this.#inBody = false;
      return;
    }
    current.decoder.close();
    if (this.#depth > 2) return;
    this.#current = undefined;
    const { value } = current.decoder;
    if (current.fault) this.#fault ??= faultOf(value);
    else if (!this.#values.has(current.field.member)) this.#values.set(current.field.member, value);
  }

  /** The element of the answer: by its name; where there is one alone, whatever it is called. */
  #fieldOf(namespace: string, name: string): Field {
    const elements = this.#shape?.elements ?? [];
    const [only, ...others] = elements;
    return (
      elements.find((each) => each.name === name && each.namespace === namespace) ??
      elements.find((each) => each.name === name) ??
      (only !== undefined && others.length === 0 && this.#shape?.unnamed === true ? only : undefined) ??
      this.#context.schemas.element(qualified(namespace, name)) ??
      generic(name)
    );
  }

  #error(what: string, hint: string, later = false): MillraceError {
    const { line, column } = this.#parser;
    return new MillraceError("MLR_SOURCE_FORMAT", `${this.#context.where} ${what}`, {
      hint,
      details: { line, column },
      ...(later ? { retry: "later" as const } : {}),
    });
  }
}

function openTag({ local, uri, attributes }: SaxesTagNS, parser: SaxesParser<{ xmlns: true }>): OpenTag {
  let found: Map<string, string> | undefined;
  let scope: Readonly<Record<string, string>> = NO_SCOPE;
  for (const key in attributes) {
    const attribute = attributes[key];
    if (attribute === undefined || attribute.prefix === "xmlns" || key === "xmlns") continue;
    found ??= new Map();
    found.set(
      attribute.prefix === "" ? attribute.local : qualified(attribute.uri, attribute.local),
      attribute.value,
    );
    // Names in values: of types, and of the items of arrays.
    if (attribute.uri !== "" && attribute.value.length < 1_000)
      scope = withPrefix(scope, attribute.value, parser);
  }
  return { namespace: uri, name: local, attributes: found ?? NONE, scope };
}

function withPrefix(
  scope: Readonly<Record<string, string>>,
  value: string,
  parser: SaxesParser<{ xmlns: true }>,
): Readonly<Record<string, string>> {
  const name = value.trim();
  const colon = name.indexOf(":");
  const prefix = colon < 0 ? "" : name.slice(0, colon);
  const namespace = parser.resolve(prefix);
  if (namespace === undefined) return scope;
  const wider: Record<string, string> = Object.assign(Object.create(null) as Record<string, string>, scope);
  wider[prefix] = namespace;
  return wider;
}

function generic(name: string): Field {
  return {
    member: name,
    name,
    namespace: "",
    type: ANY_TYPE,
    repeated: false,
    optional: true,
    nillable: true,
  };
}
