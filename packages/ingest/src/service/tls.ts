import { readFile } from "node:fs/promises";
import type { SecureServerOptions } from "node:http2";
import { MillraceError } from "@millrace/core";

/** Files of PEM texts. */
export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
  /** Who signs the certificates that senders have to show. Default: they show none. */
  readonly clientAuthority?: string | undefined;
}

/** What servers are made with. Fails with MLR_SETTINGS_INVALID where a file cannot be read. */
export async function readTls(files: TlsFiles): Promise<SecureServerOptions> {
  const { certificate, key, clientAuthority } = files;
  return {
    cert: await read(certificate),
    key: await read(key),
    minVersion: "TLSv1.2",
    ...(clientAuthority === undefined
      ? {}
      : { ca: await read(clientAuthority), requestCert: true, rejectUnauthorized: true }),
  };
}

async function read(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new MillraceError("MLR_SETTINGS_INVALID", `The file ${file} for TLS cannot be read`, {
      hint: "Name PEM files by MILLRACE_INGEST_TLS_CERT, MILLRACE_INGEST_TLS_KEY and MILLRACE_INGEST_TLS_CLIENT_CA.",
      cause,
    });
  }
}
