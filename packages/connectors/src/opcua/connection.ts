import path from "node:path";
import { redactor, resolveSecrets, type SecretSource } from "@millrace/core";
import type { ClientSession, OPCUAClient, UserIdentityInfo } from "node-opcua";
import { loadDriver, type Driver } from "./load-driver.ts";
import type { ConnectionOptions } from "./options.ts";

/** A server with a session on it. Connects again by itself, and takes its subscriptions along. */
export interface OpcuaConnection {
  readonly driver: Driver;
  readonly client: OPCUAClient;
  readonly session: ClientSession;
  close(): Promise<void>;
}

/** What connecting needs besides the options. */
export interface ConnectionContext {
  readonly directory: string;
  readonly secrets: SecretSource;
}

/** Connects once, and fails where that is not possible. */
export async function openConnection(
  options: ConnectionOptions,
  { directory, secrets }: ConnectionContext,
): Promise<OpcuaConnection> {
  const driver = await loadDriver();
  const { url, user, password, ...own } = await resolveSecrets(options, secrets);
  if (password !== undefined) redactor.add(password);
  const policy = own.securityPolicy;
  const mode = own.securityMode ?? (policy === "None" ? "None" : "SignAndEncrypt");
  const certificates = new driver.OPCUACertificateManager({
    rootFolder: path.resolve(directory, own.pki),
    automaticallyAcceptUnknownCertificate: own.trustUnknown,
  });
  await certificates.initialize();
  const client = driver.OPCUAClient.create({
    applicationName: "Millrace",
    clientCertificateManager: certificates,
    securityMode: driver.MessageSecurityMode[mode],
    securityPolicy: driver.SecurityPolicy[policy],
    endpointMustExist: false,
    keepSessionAlive: true,
    requestedSessionTimeout: 60_000,
    transportTimeout: own.timeoutMs,
    defaultTransactionTimeout: own.timeoutMs,
    // The first attempt tells; only what was connected is connected again and again.
    connectionStrategy: { initialDelay: 500, maxDelay: 10_000, maxRetry: 0 },
  });
  try {
    await client.connect(url);
    const identity: UserIdentityInfo =
      user === undefined
        ? { type: driver.UserTokenType.Anonymous }
        : { type: driver.UserTokenType.UserName, userName: user, password: password ?? "" };
    const session = await client.createSession(identity);
    return {
      driver,
      client,
      session,
      close: async () => {
        await session.close(true).catch(() => undefined);
        await client.disconnect().catch(() => undefined);
        await certificates.dispose();
      },
    };
  } catch (error) {
    await client.disconnect().catch(() => undefined);
    await certificates.dispose();
    throw error;
  }
}
