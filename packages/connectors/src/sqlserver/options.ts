import { type Resolved, secretText } from "@millrace/core";
import { z } from "zod";

/** How to log in where it is not by the user and password of SQL Server itself. */
const azureAuthentication = z.discriminatedUnion("type", [
  /** What the machine offers: environment, managed identity, Azure CLI, in this order. */
  z.strictObject({
    type: z.literal("azure-default"),
    /** Client id of the user-assigned managed identity. Default: the system's. */
    clientId: z.string().optional(),
  }),
  /** The identity of the virtual machine. */
  z.strictObject({
    type: z.literal("azure-managed-identity"),
    /** Client id of the user-assigned managed identity. Default: the system's. */
    clientId: z.string().optional(),
  }),
  /** An application with a secret. */
  z.strictObject({
    type: z.literal("azure-service-principal"),
    clientId: z.string().min(1),
    /** Secret; never shown. */
    clientSecret: secretText(z.string().min(1)),
    tenantId: z.string().min(1),
  }),
  /** A token that was got elsewhere; it lives about an hour. */
  z.strictObject({
    type: z.literal("azure-token"),
    /** Secret; never shown. */
    token: secretText(z.string().min(1)),
  }),
  /** A user of a Windows domain; `user` and `password` are those of the options. */
  z.strictObject({
    type: z.literal("ntlm"),
    domain: z.string().min(1),
  }),
]);

/** Options of `sqlserver()`. */
export const sqlserverOptions = z.strictObject({
  /** Connection URL, such as `mssql://user:password@host:1433/database?encrypt=true&trustServerCertificate=false`; `host\instance` is written `host/database?instanceName=name`; or `secret("name")`. Other options win over what it says. */
  url: secretText(
    z.string().regex(/^(mssql|sqlserver):\/\//, "must begin with mssql:// or sqlserver://"),
  ).optional(),
  /** Name or address of the server. Default: what the URL says. */
  server: z.string().min(1).optional(),
  /** TCP port. Default 1433. Not together with `instanceName`. */
  port: z.number().int().min(1).max(65_535).optional(),
  /** Named instance, looked up at the server's SQL Browser (UDP 1434). Default: none. */
  instanceName: z.string().min(1).optional(),
  /** Database. Default: the login's own default database. */
  database: z.string().min(1).optional(),
  /** Login. Default: what the URL says. */
  user: z.string().min(1).optional(),
  /** Secret, most often `secret("name")`; never shown. Default: what the URL says. */
  password: secretText(z.string()).optional(),
  /** Logging in by Azure (Microsoft Entra) or a Windows domain. Default: user and password of SQL Server. */
  authentication: azureAuthentication.optional(),
  /** `true`: TLS, and a server without it is refused; `strict`: TDS 8, TLS from the first byte (SQL Server 2022, Azure); `false`: plain, for a trusted network alone. Default true. */
  encrypt: z.union([z.boolean(), z.literal("strict")]).optional(),
  /** Accept a certificate that no authority signed, as a fresh SQL Server has one. Default false: who sits between could read along. */
  trustServerCertificate: z.boolean().optional(),
  /** Schema of tables that name none. Default: the login's own default schema, most often `dbo`. Created where it does not exist. */
  schema: z.string().min(1).max(128).optional(),
  /** Milliseconds for connecting. Default 15,000. */
  connectTimeoutMs: z.number().int().min(1).optional(),
  /** Try all addresses of the name at once, for availability groups over several subnets. Default false. */
  multiSubnetFailover: z.boolean().optional(),
  /** `database()` alone: read from a readable secondary of an availability group. Default false. */
  readOnlyIntent: z.boolean().optional(),
  /** Connections that `context.database()` opens at most. Default 4. */
  maxConnections: z.number().int().min(1).max(100).default(4),
});

/** Options of `sqlserver()`, as users write them. */
export type SqlServerOptions = z.input<typeof sqlserverOptions>;

/** The same, checked, with the defaults and the secrets. */
export type ResolvedSqlServerOptions = Resolved<z.output<typeof sqlserverOptions>>;
