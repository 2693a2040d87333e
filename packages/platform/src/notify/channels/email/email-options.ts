import { parseOptions, secretText } from "@millrace/core";
import { z } from "zod";

const ADDRESS = /^(?:[^<>\r\n]*<[^\s<>@]+@[^\s<>@]+>|[^\s<>@,;]+@[^\s<>@,;]+)$/;
const address = z
  .string()
  .regex(ADDRESS, "must be an address such as ops@example.org or Ops <ops@example.org>");
const addresses = z.union([address, z.array(address).min(1)]);

const LOOPBACK = /^(localhost|127(\.\d+){3}|::1)$/;

const emailOptions = z
  .strictObject({
    /** Name or address of the SMTP server. */
    host: z.string().min(1),
    /** Default 465 with `security: "tls"`, otherwise 587. */
    port: z.number().int().min(1).max(65_535).optional(),
    /**
     * `starttls`: the connection is encrypted before anything is said, and given up where the server cannot. `tls`: it is
     * from the start. `none`: it never is, which passwords are refused for. Default `tls` on port 465, otherwise `starttls`.
     */
    security: z.enum(["starttls", "tls", "none"]).optional(),
    /** Default: the server wants no user. */
    user: z.string().min(1).optional(),
    /** Secret. Default: none. */
    password: secretText(z.string().min(1)).optional(),
    /** The sender, such as `Millrace <millrace@example.org>`. */
    from: address,
    to: addresses,
    /** Default: nobody. */
    cc: addresses.optional(),
    /** Certificates (PEM) that the server's may be signed with instead of the well-known ones. Default: those. */
    ca: z.union([z.string().min(1), z.array(z.string().min(1))]).optional(),
    /** Milliseconds that the server may be silent. Default 30,000. */
    timeoutMs: z.number().int().min(1).max(300_000).default(30_000),
  })
  .superRefine(({ host, security, user, password }, issues) => {
    if ((user === undefined) !== (password === undefined))
      issues.addIssue({
        code: "custom",
        path: ["password"],
        message: "goes with a user, and the other way round",
      });
    if (security === "none" && password !== undefined && !LOOPBACK.test(host))
      issues.addIssue({
        code: "custom",
        path: ["security"],
        message: "a password is not sent without encryption",
      });
  });

/** Options of `email()`. */
export type EmailOptions = z.input<typeof emailOptions>;
/** Options of `email()` with the defaults filled in. */
export interface ResolvedEmailOptions extends z.output<typeof emailOptions> {
  readonly port: number;
  readonly security: "starttls" | "tls" | "none";
}

/** Checks the options and fills in the defaults. Fails with MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID. */
export function resolveEmailOptions(options: EmailOptions): ResolvedEmailOptions {
  const checked = parseOptions(emailOptions, options, "email()");
  const security = checked.security ?? (checked.port === 465 ? "tls" : "starttls");
  return { ...checked, security, port: checked.port ?? (security === "tls" ? 465 : 587) };
}
