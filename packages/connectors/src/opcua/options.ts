import { secretText } from "@millrace/core";
import { z } from "zod";

const connectionOptions = z.strictObject({
  /** Address of the server: `opc.tcp://10.0.0.8:4840`. */
  url: z.string().regex(/^opc\.tcp:\/\/.+/, 'must be an address such as "opc.tcp://10.0.0.8:4840"'),
  /** Whether messages are signed and encrypted. Default `SignAndEncrypt` with a policy, else `None`. */
  securityMode: z.enum(["None", "Sign", "SignAndEncrypt"]).optional(),
  /** How they are. Default `None`: anybody between may read and change everything. */
  securityPolicy: z
    .enum(["None", "Basic256Sha256", "Aes128_Sha256_RsaOaep", "Aes256_Sha256_RsaPss"])
    .default("None"),
  /** Default: nobody in particular. */
  user: z.string().optional(),
  /** Never logged. Default: none. */
  password: secretText(z.string()).optional(),
  /** Folder of the certificates, in the project's: `own/certs` is shown to servers (made where missing), `trusted/certs` are believed. Default `.millrace/opcua`. */
  pki: z.string().min(1).default(".millrace/opcua"),
  /** Servers with certificates that are not in `trusted/certs` are believed too, and remembered; never for one that is in `rejected`. Default false. */
  trustUnknown: z.boolean().default(false),
  /** Milliseconds until an answer has to be there. Default 10,000. */
  timeoutMs: z.number().int().positive().default(10_000),
});

/** How a server is reached. */
export type ConnectionOptions = z.output<typeof connectionOptions>;

/** Options of `opcua()`. */
export const opcuaOptions = z.strictObject({
  ...connectionOptions.shape,
  /** Name by which variables choose it. Default `opcua`. */
  name: z.string().min(1).default("opcua"),
  /** `read`: asks at each tick. `subscribe`: the server tells changes, and the last value is sampled. Default `read`. */
  mode: z.enum(["read", "subscribe"]).default("read"),
  /** With `subscribe`: how often the server looks at the values, in ms. Default 250. */
  samplingMs: z.number().int().positive().default(250),
  /** Values of one request. Default: what the server allows, at most 1,000. */
  maxNodesPerRead: z.number().int().positive().optional(),
  /** The server must not be asked for one variable more often than this, in ms. Default: the context's minimum. */
  minIntervalMs: z.number().int().positive().optional(),
});

/** Options of `opcua()`, as users write them. */
export type OpcuaOptions = z.input<typeof opcuaOptions>;
/** Options of `opcua()`, with the defaults filled in. */
export type ResolvedOpcuaOptions = z.output<typeof opcuaOptions>;

/** Options of `browse()`. */
export const browseOptions = z.strictObject({
  ...connectionOptions.shape,
  /** Where to begin. Default `i=85`: the folder Objects. */
  root: z.string().min(1).default("i=85"),
  /** Name of the reader that the variables are for. Default `opcua`. */
  reader: z.string().min(1).default("opcua"),
  /** How deep. Default 10. */
  maxDepth: z.number().int().min(1).max(100).default(10),
  /** Variables beyond this many are an error. Default 10,000. */
  maxVariables: z.number().int().positive().default(10_000),
  /** Variables of the server's own namespace 0 too, such as its diagnostics. Default false. */
  system: z.boolean().default(false),
});

/** Options of `browse()`, as users write them. */
export type BrowseOptions = z.input<typeof browseOptions>;
/** Options of `browse()`, with the defaults filled in. */
export type ResolvedBrowseOptions = z.output<typeof browseOptions>;
