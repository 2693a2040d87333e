import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";

const read = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`./certificate/${name}.pem`, import.meta.url)), "utf8");

/** A certificate for localhost, made for these tests and good for 100 years. */
export const CERTIFICATE = read("certificate");

/** A mail as a server got it. */
export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  /** Headers and text as they came. */
  readonly raw: string;
  readonly encrypted: boolean;
  readonly user: string | undefined;
}

/** A mail server. */
export interface MailServer {
  readonly port: number;
  readonly mails: ReceivedMail[];
  close(): Promise<void>;
}

/** What is to be different from a server that takes everything from `ops` with the password `mail-password`. */
export interface MailServerOptions extends SMTPServerOptions {
  /** Answered to every mail instead of taking it. */
  readonly refuse?: { readonly code: number; readonly text: string };
}

/** Starts an SMTP server on loopback. */
export async function startMailServer({ refuse, ...options }: MailServerOptions = {}): Promise<MailServer> {
  const mails: ReceivedMail[] = [];
  const server = new SMTPServer({
    key: read("key"),
    cert: CERTIFICATE,
    authOptional: true,
    logger: false,
    closeTimeout: 100,
    onAuth({ username, password }, _session, done) {
      if (username === "ops" && password === "mail-password") done(null, { user: username });
      else done(Object.assign(new Error("Invalid login for mail-password"), { responseCode: 535 }));
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        if (refuse !== undefined)
          return done(Object.assign(new Error(refuse.text), { responseCode: refuse.code }));
        const { mailFrom, rcptTo } = session.envelope;
        mails.push({
          from: mailFrom === false ? "" : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          raw: Buffer.concat(chunks).toString("utf8"),
          encrypted: session.secure,
          user: session.user,
        });
        done();
      });
    },
    ...options,
  });
  server.on("error", () => undefined);
  server.listen(0, "127.0.0.1");
  await once(server.server, "listening");
  const address = server.server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    mails,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}
