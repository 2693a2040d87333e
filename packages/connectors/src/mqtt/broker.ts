import type { ConnectionOptions } from "node:tls";
import { MillraceError, redactor, resolveSecrets, type SecretSource } from "@millrace/core";
import type { IClientOptions, MqttClient } from "mqtt";
import type { BrokerOptions } from "./options.ts";

/** What a connection is for. */
export interface BrokerPurpose {
  readonly clientId: string;
  /** The broker keeps what is subscribed to and what comes while the connection is away. */
  readonly persistent: boolean;
  /** Version 5: for so long. */
  readonly sessionSeconds?: number;
  /** Version 5: messages without acknowledgement. */
  readonly receiveMaximum?: number;
  readonly secrets: SecretSource;
}

/** Begins to connect; the client connects again by itself for as long as it lives. Fails with MLR_DRIVER_MISSING, or as secrets do. */
export async function openBroker(options: BrokerOptions, purpose: BrokerPurpose): Promise<MqttClient> {
  const { connect } = await driver();
  const { url, version, user, password, tls, keepAliveSeconds, connectTimeoutMs } = await resolveSecrets(
    options,
    purpose.secrets,
  );
  if (password !== undefined) redactor.add(password);
  const five = version === "5";
  const client: IClientOptions = {
    protocolVersion: five ? 5 : 4,
    clientId: purpose.clientId,
    clean: !purpose.persistent,
    keepalive: keepAliveSeconds,
    connectTimeout: connectTimeoutMs,
    reconnectPeriod: 1_000,
    resubscribe: true,
    reconnectOnConnackError: true,
    ...(user === undefined ? {} : { username: user }),
    ...(password === undefined ? {} : { password }),
    ...(tls === undefined ? {} : tlsOf(tls)),
    ...(five ? { properties: propertiesOf(purpose) } : {}),
  };
  return connect(url, client);
}

/** The address as it may be shown. */
export function brokerName(url: string): string {
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
}

function propertiesOf({
  persistent,
  sessionSeconds,
  receiveMaximum,
}: BrokerPurpose): NonNullable<IClientOptions["properties"]> {
  return {
    ...(persistent && sessionSeconds !== undefined ? { sessionExpiryInterval: sessionSeconds } : {}),
    ...(receiveMaximum === undefined ? {} : { receiveMaximum }),
  };
}

function tlsOf(tls: Exclude<BrokerOptions["tls"], undefined> | object): IClientOptions {
  const { ca, cert, key, passphrase, verify, servername, minVersion } = tls as {
    readonly ca?: string | Uint8Array | readonly (string | Uint8Array)[];
    readonly cert?: string | Uint8Array;
    readonly key?: string | Uint8Array;
    readonly passphrase?: string;
    readonly verify: boolean;
    readonly servername?: string;
    readonly minVersion: "TLSv1.2" | "TLSv1.3";
  };
  const buffer = (pem: string | Uint8Array): Buffer => Buffer.from(pem);
  return {
    rejectUnauthorized: verify,
    ...({ minVersion } satisfies ConnectionOptions),
    ...(ca === undefined ? {} : { ca: [ca].flat().map(buffer) }),
    ...(cert === undefined ? {} : { cert: buffer(cert) }),
    ...(key === undefined ? {} : { key: buffer(key) }),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(servername === undefined ? {} : { servername }),
  };
}

async function driver(): Promise<typeof import("mqtt")> {
  try {
    return await import("mqtt");
  } catch (cause) {
    throw new MillraceError("MLR_DRIVER_MISSING", "MQTT needs the package mqtt, which is missing", {
      hint: "Install it: npm install mqtt",
      cause,
    });
  }
}
