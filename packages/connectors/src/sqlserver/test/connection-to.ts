import { Connection } from "../connection/connection.ts";
import type { ConnectionSettings } from "../connection/connection-settings.ts";
import type { TdsServer } from "./tds/tds-server.ts";

/** How to reach the double. */
export function settingsOf(server: TdsServer): ConnectionSettings {
  return {
    server: "127.0.0.1",
    port: server.port,
    instanceName: undefined,
    database: "test",
    user: "sa",
    password: "S3cret pass:word@é",
    authentication: undefined,
    encrypt: false,
    trustServerCertificate: false,
    connectTimeoutMs: 5000,
    multiSubnetFailover: false,
    readOnlyIntent: false,
  };
}

export function connectTo(
  server: TdsServer,
  side: "destination" | "database" = "destination",
): Promise<Connection> {
  return Connection.open({ settings: settingsOf(server), applicationName: "millrace test #1", side });
}
