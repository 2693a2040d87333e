import type { ConnectionConfiguration } from "tedious";
import type { ConnectionSettings } from "./connection-settings.ts";

type Authentication = NonNullable<ConnectionConfiguration["authentication"]>;

/** The settings as tedious wants them. */
export function driverConfig(settings: ConnectionSettings, applicationName: string): ConnectionConfiguration {
  const { server, port, instanceName, database } = settings;
  return {
    server,
    authentication: authenticationOf(settings),
    options: {
      ...(instanceName === undefined ? { port: port ?? 1433 } : { instanceName }),
      ...(database === undefined ? {} : { database }),
      // The server shows at most 128 characters of it.
      appName: applicationName.slice(0, 128),
      encrypt: settings.encrypt,
      trustServerCertificate: settings.trustServerCertificate,
      connectTimeout: settings.connectTimeoutMs,
      multiSubnetFailover: settings.multiSubnetFailover,
      readOnlyIntent: settings.readOnlyIntent,
      // Statements over large tables take their time; who waits too long cancels.
      requestTimeout: 0,
      cancelTimeout: 10_000,
      // Trying again is the engine's business: it knows what may have landed.
      maxRetriesOnTransientErrors: 0,
      // A statement that fails inside of a transaction leaves nothing half done.
      abortTransactionOnError: true,
      enableArithAbort: true,
      lowerCaseGuids: true,
      useUTC: true,
      // Dates in texts are read the same whatever the login's language is.
      dateFormat: "ymd",
    },
  };
}

function authenticationOf({ user = "", password = "", authentication }: ConnectionSettings): Authentication {
  switch (authentication?.type) {
    case undefined:
      return { type: "default", options: { userName: user, password } };
    case "ntlm":
      return { type: "ntlm", options: { userName: user, password, domain: authentication.domain } };
    case "azure-default":
      return { type: "azure-active-directory-default", options: clientOf(authentication.clientId) };
    case "azure-managed-identity":
      return { type: "azure-active-directory-msi-vm", options: clientOf(authentication.clientId) };
    case "azure-service-principal": {
      const { clientId, clientSecret, tenantId } = authentication;
      return {
        type: "azure-active-directory-service-principal-secret",
        options: { clientId, clientSecret, tenantId },
      };
    }
    case "azure-token":
      return { type: "azure-active-directory-access-token", options: { token: authentication.token } };
  }
}

function clientOf(clientId: string | undefined): { clientId?: string } {
  return clientId === undefined ? {} : { clientId };
}
