import { readFile, stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { asMillraceError, MillraceError, type Clock, type ReadContext, type Row } from "@millrace/core";
import { networkFailure } from "../shared/http/network-failure.ts";
import { Secrets } from "../shared/http/secrets.ts";
import { faultError } from "./message/fault.ts";
import { readAnswer, type RowsChunk } from "./message/read-answer.ts";
import type { Decimals } from "./message/simple-value.ts";
import { writeEnvelope } from "./message/write-envelope.ts";
import type { ServiceOptions } from "./options.ts";
import { securityHeader } from "./security/security-header.ts";
import { signEnvelope } from "./security/sign-envelope.ts";
import { statusFailure, Transport, type SoapAnswer, type SoapRequest } from "./transport/transport.ts";
import { loadDescription } from "./wsdl/load-description.ts";
import { placesOf, type Places } from "./wsdl/places.ts";
import type { Operation, ServiceDescription } from "./wsdl/service.ts";

/** Characters of an answer that are told in an error. */
const SNIPPET = 200;

/** What a client works with. */
export interface ClientParts {
  readonly options: ServiceOptions;
  readonly directory: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly log: ReadContext["log"];
}

/** A call. */
export interface Call {
  readonly operation: Operation;
  readonly input: Row;
  /** Names of elements, within the answer's outermost one, that are rows. */
  readonly rows?: readonly string[];
  readonly decimals: Decimals;
}

/** Calls the operations of one service. Close it. */
export class ServiceClient implements AsyncDisposable {
  readonly secrets = new Secrets("soap()");
  readonly #parts: ClientParts;
  readonly #transport: Transport;
  readonly #places: Places;
  #description: ServiceDescription | undefined;

  constructor(parts: ClientParts) {
    this.#parts = {
      ...parts,
      log: (level, message, details) => parts.log(level, this.secrets.mask(message), details),
    };
    this.#transport = new Transport({ ...this.#parts, secrets: this.secrets });
    this.#places = placesOf({
      wsdl: parts.options.wsdl,
      imports: parts.options.imports,
      directory: parts.directory,
      showUrl: (url) => this.secrets.maskUrl(url),
    });
  }

  /** What the service offers; read once. */
  async description(): Promise<ServiceDescription> {
    return (this.#description ??= await loadDescription({
      places: this.#places,
      maxBytes: this.#parts.options.maxWsdlBytes,
      fetch: (location) => this.#fetch(location),
    }));
  }

  /**
   * Calls an operation; gives its rows, and returns what the answer says besides. Fails with MLR_SOURCE_FAILED or
   * MLR_SOURCE_DENIED for faults, with their code and detail.
   */
  async *call(call: Call): AsyncGenerator<RowsChunk, unknown, void> {
    const { operation, decimals, rows } = call;
    const { schemas } = await this.description();
    const url = this.endpointOf(operation);
    const answer = await this.#transport.send(
      () => this.#request(call, url),
      async (received) => this.#requireMessage(received),
    );
    await using content = answer.content;
    void content;
    const chunks = readAnswer(answer, {
      shape: operation.output,
      schemas,
      rows,
      decimals,
      maxLength: this.#parts.options.maxRowLength,
      encoded: operation.encoded,
    });
    const outcome = yield* chunks;
    if (outcome.fault !== undefined) {
      const { status, where } = answer;
      throw faultError(outcome.fault, { operation: operation.name, where, status, secrets: this.secrets });
    }
    if (answer.status >= 300) throw statusFailure(answer, "");
    return outcome.value;
  }

  /** Where an operation is called. Fails with MLR_ARGUMENT_INVALID where neither the description nor the options say. */
  endpointOf({ endpoint, name }: Operation): URL {
    const { options } = this.#parts;
    const written = options.endpoint ?? endpoint;
    const base = this.#places.root.protocol === "file:" ? undefined : this.#places.root.href;
    if (URL.canParse(written, base)) {
      const url = new URL(written, base);
      if (url.protocol === "http:" || url.protocol === "https:") return url;
    }
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `soap(): operation "${name}" has no http(s) address: "${written.slice(0, 200)}"`,
      {
        hint: "Say it with the option `endpoint`.",
        details: { option: "endpoint" },
      },
    );
  }

  /** The error without secrets, which libraries and services may have put into it. */
  masked(error: unknown): MillraceError {
    const known = asMillraceError(error, "MLR_SOURCE_FAILED", "soap()");
    const message = this.secrets.mask(known.message);
    const details = JSON.parse(this.secrets.mask(JSON.stringify(known.details))) as typeof known.details;
    const same = message === known.message && JSON.stringify(details) === JSON.stringify(known.details);
    if (same) return known;
    const { code, hint, retry } = known;
    return new MillraceError(code, message, {
      ...(hint === undefined ? {} : { hint: this.secrets.mask(hint) }),
      details,
      retry,
    });
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Made anew for each attempt: nonces and times must not be repeated. */
  async #request({ operation, input }: Call, url: URL): Promise<SoapRequest> {
    const { options, clock } = this.#parts;
    const { schemas } = await this.description();
    const security = [options.security].flat();
    const header = await securityHeader(security, { secrets: this.secrets, clock });
    const plain = writeEnvelope({
      operation,
      schemas,
      input,
      headers: options.soapHeaders,
      security: header,
    });
    const x509 = security.find((each) => each.kind === "x509");
    const withUser = security.some((each) => each.kind === "username-token");
    const body =
      x509 === undefined ? plain : await signEnvelope(plain, x509, { secrets: this.secrets, withUser });
    return {
      method: "POST",
      url,
      headers: headersOf(operation),
      body,
      trusted: true,
      maxBytes: options.maxResponseBytes,
      option: "maxResponseBytes",
    };
  }

  /** Messages are taken whatever the status, as faults come with 500; anything else is an error. */
  #requireMessage(answer: SoapAnswer): SoapAnswer {
    const { status, contentType, content } = answer;
    const isMessage = /xml|multipart\/related/i.test(contentType ?? "xml") && content.size > 0;
    // Gateways answer with XML of their own.
    if (isMessage && (status < 300 || looksLikeMessage(answer))) return answer;
    if (status === 202 || status === 204 || (status === 200 && content.size === 0)) {
      throw new MillraceError("MLR_SOURCE_FORMAT", `${answer.where} is empty`, {
        hint: "The operation may be one that answers nothing.",
        details: { status },
      });
    }
    const said = this.secrets.mask(snippetOf(answer));
    if (status >= 300) throw statusFailure(answer, said);
    throw new MillraceError(
      "MLR_SOURCE_FORMAT",
      `${answer.where} is no SOAP message, but ${contentType ?? "something"}${said === "" ? "" : `: ${said}`}`,
      {
        hint: "Check the address of the service; another one than the description has can be said with `endpoint`.",
      },
    );
  }

  async #fetch(location: URL): Promise<{ bytes: Buffer; contentType?: string }> {
    if (location.protocol === "file:") return { bytes: await this.#readFile(location) };
    const { options } = this.#parts;
    const trusted = this.#places.root.protocol !== "file:" && location.origin === this.#places.root.origin;
    const answer = await this.#transport.send(
      () =>
        Promise.resolve({
          method: "GET" as const,
          url: location,
          headers: { accept: "application/wsdl+xml, text/xml, application/xml, */*;q=0.8" },
          trusted,
          maxBytes: options.maxWsdlBytes,
          option: "maxWsdlBytes",
        }),
      (received) => {
        if (received.status >= 200 && received.status < 300) return Promise.resolve(received);
        throw statusFailure(received, this.secrets.mask(snippetOf(received)));
      },
    );
    try {
      const bytes = Buffer.from(answer.content.slice(0, answer.content.size));
      return answer.contentType === undefined ? { bytes } : { bytes, contentType: answer.contentType };
    } finally {
      await answer.content.close();
    }
  }

  async #readFile(location: URL): Promise<Buffer> {
    const file = fileURLToPath(location);
    const shown = this.#places.show(location);
    const { maxWsdlBytes } = this.#parts.options;
    try {
      const found = await stat(file);
      const { size } = found;
      if (!found.isFile()) {
        throw new MillraceError("MLR_SOURCE_NOT_FOUND", `${shown} is no file`, {
          hint: "Name the description itself, such as services/orders.wsdl.",
        });
      }
      if (size > maxWsdlBytes) {
        throw new MillraceError(
          "MLR_SOURCE_LIMIT",
          `${shown} has ${size} bytes, more than the allowed ${maxWsdlBytes}`,
          {
            hint: "Raise the option `maxWsdlBytes` if the service is that large.",
          },
        );
      }
      return await readFile(file);
    } catch (error) {
      if (error instanceof MillraceError) throw error;
      const missing = (error as { code?: unknown }).code === "ENOENT";
      throw missing
        ? new MillraceError("MLR_SOURCE_NOT_FOUND", `${shown} does not exist`, {
            hint: "Paths are relative to the project's folder.",
            cause: error,
          })
        : networkFailure(error, shown);
    }
  }
}

function headersOf({ version, action }: Operation): Record<string, string> {
  const accept = "multipart/related, application/soap+xml, text/xml, */*;q=0.5";
  // Actions are addresses; quotes and line breaks in one would end the header.
  const harmless = action.replaceAll(/["\\\r\n]/g, "");
  if (version === "1.2") {
    const parameter = harmless === "" ? "" : `; action="${harmless}"`;
    return { accept, "content-type": `application/soap+xml; charset=utf-8${parameter}` };
  }
  return { accept, "content-type": "text/xml; charset=utf-8", soapaction: `"${harmless}"` };
}

function looksLikeMessage({ content, contentType }: SoapAnswer): boolean {
  const beginning = content.slice(0, 4_096).toString("latin1");
  return /multipart/i.test(contentType ?? "") || /<([\w.-]+:)?Envelope[\s>]/.test(beginning);
}

/** What an answer that is no message says, in one line. */
function snippetOf({ content, contentType }: SoapAnswer): string {
  const text = content.slice(0, 16_384).toString("utf8");
  const isPage = /html/i.test(contentType ?? "") || /^\s*<(!doctype|html)/i.test(text);
  const title = /<title[^>]*>([^<]*)</i.exec(text)?.[1]?.trim();
  const said = isPage
    ? title === undefined || title === ""
      ? "an HTML page"
      : `an HTML page, "${title}"`
    : text;
  const line = said.replaceAll(/[\s\u0000-\u001f\u007f]+/g, " ").trim();
  return line.length > SNIPPET ? `${line.slice(0, SNIPPET).toWellFormed()}…` : line;
}
