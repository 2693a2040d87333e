import { redactor } from "@millrace/core";

/** Where telemetry is sent by OTLP over HTTP. */
export interface OtlpTarget {
  /** URL without `/v1/traces`, such as `http://localhost:4318`. */
  readonly endpoint: string;
  /** Headers as `OTEL_EXPORTER_OTLP_HEADERS` writes them: `name=value`, separated by commas, values percent-encoded. */
  readonly headers?: string | undefined;
  /** What sends it: the version of Millrace. */
  readonly version: string;
  /** Is told once when nothing arrives, and why. */
  readonly warn?: (text: string) => void;
}

/** The URL of a signal. */
export function signalUrl(endpoint: string, signal: "traces" | "metrics"): string {
  const url = new URL(endpoint);
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/v1/${signal}`;
  // Node's client sends them as a header by itself; kept here they would be in messages.
  return url.href;
}

/** Headers as an object; what is no header is left out. Their values are secrets from then on. */
export function parseHeaders(text: string | undefined): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const part of (text ?? "").split(",")) {
    const at = part.indexOf("=");
    if (at <= 0) continue;
    const value = decoded(part.slice(at + 1).trim());
    redactor.add(value);
    headers[part.slice(0, at).trim()] = value;
  }
  return headers;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
