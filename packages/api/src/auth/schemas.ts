import { z } from "zod";
import { PageQuery } from "../server/page.ts";
import { ROLES } from "../server/role.ts";
import { Instant } from "../server/timestamps.ts";

const RoleName = z.enum(ROLES).describe("viewer looks, operator also steers, admin also administers.");

/** A name as it is given to a new user. */
const UserName = z
  .string()
  .max(64)
  .regex(
    /^[\p{L}\p{N}][\p{L}\p{N}._@+-]*$/u,
    "begins with a letter or digit, and has letters, digits and . _ @ + - only",
  )
  .describe("1 to 64 letters, digits and . _ @ + -. Small and capital letters are the same.");

/** A password as it is typed; whether it is good enough for a new one is asked later. */
const TypedPassword = z.string().min(1).max(1_000);

export const SignInBody = z.object({ name: z.string().min(1).max(200), password: TypedPassword });

export const LinkBody = z.object({
  token: z.string().min(1).max(200).describe("What follows `#` in the link."),
});

export const PasswordBody = z.object({
  current: TypedPassword.optional().describe(
    "The password until now. Not needed within 15 minutes after a sign-in by link, or where there is none.",
  ),
  password: TypedPassword.describe("The new one: at least 12 characters."),
});

export const SignOutBody = z.object({
  everywhere: z.boolean().default(false).describe("Ends all sessions of the user, not only this one."),
});

/** What a token is limited to. */
const TokenScope = z.object({
  groups: z.array(z.string().min(1).max(200)).max(100).nullable(),
  pipelines: z.array(z.string().min(1).max(200)).max(100).nullable(),
});

/** Who makes the request. */
export const Me = z.object({
  kind: z.enum(["user", "token"]),
  id: z.uuid(),
  name: z.string(),
  role: RoleName,
  scope: TokenScope.nullable().describe("What a token is limited to; null: nothing."),
  password: z
    .enum(["set", "unset", "external"])
    .nullable()
    .describe("unset: one has to be chosen now; external: another service signs the user in; null: a token."),
  session: z
    .object({
      id: z.uuid(),
      via: z.enum(["password", "link", "oidc"]),
      createdAt: Instant,
      expiresAt: Instant,
    })
    .nullable()
    .describe("Null for a token."),
});

export const SignInMethods = z
  .object({
    password: z.literal(true).describe("Name and password are always taken."),
    oidc: z.boolean().describe("A service that signs people in by OpenID Connect is set up."),
  })
  .meta({ id: "SignInMethods" });

export const SignedOut = z.object({ sessions: z.number().int().describe("How many sessions ended.") });

const Session = z.object({
  id: z.uuid(),
  current: z.boolean(),
  via: z.enum(["password", "link", "oidc"]),
  createdAt: Instant,
  lastSeenAt: Instant,
  expiresAt: Instant,
  address: z.string().nullable(),
  userAgent: z.string().nullable(),
});

export const Sessions = z.object({ items: z.array(Session) });

export const IdParams = z.object({ id: z.uuid() });

export const User = z.object({
  id: z.uuid(),
  name: z.string(),
  role: RoleName,
  password: z.enum(["set", "unset", "external"]),
  issuer: z.string().nullable().describe("The service that signs the user in; null: Millrace itself."),
  disabledAt: Instant.nullable(),
  lastSignInAt: Instant.nullable(),
  createdAt: Instant,
  createdBy: z.string(),
  sessions: z.number().int().describe("Sessions that are open."),
  tokens: z.number().int().describe("Tokens that can be used."),
});

export const UserBody = z.object({
  name: UserName,
  role: RoleName,
  password: TypedPassword.optional().describe("Absent: the user signs in by a link first."),
});

export const UserChange = z
  .object({ role: RoleName.optional(), disabled: z.boolean().optional() })
  .refine((change) => Object.keys(change).length > 0, "nothing is to be changed");

export const LinkWish = z.object({
  validMinutes: z.number().int().min(1).max(1_440).default(15),
});

/** A link that signs somebody in once: shown this one time. */
export const SignInLink = z.object({
  token: z.string(),
  path: z.string().describe("Of the page, from the dashboard's address on: `/sign-in#…`."),
  expiresAt: Instant,
});

export const Removed = z.object({ removed: z.literal(true) });

export const Token = z.object({
  id: z.uuid(),
  name: z.string(),
  hint: z.string().describe("How it begins."),
  user: z.string().describe("Whose it is."),
  role: RoleName,
  scope: TokenScope.nullable().describe("What it is limited to; null: nothing."),
  streams: z
    .array(z.string())
    .nullable()
    .describe(
      "It pushes rows into these streams, `*`: into all, and does nothing else; null: it is no such token.",
    ),
  createdAt: Instant,
  expiresAt: Instant.nullable().describe("Null: never."),
  lastUsedAt: Instant.nullable(),
  lastUsedAddress: z.string().nullable(),
  revokedAt: Instant.nullable(),
});

export const TokenQuery = PageQuery.extend({
  all: z.stringbool().default(false).describe("Those of all users, for administrators; else one's own."),
});

export const TokenBody = z.object({
  name: z.string().trim().min(1).max(100),
  role: RoleName.default("viewer"),
  groups: z.array(z.string().min(1).max(200)).min(1).max(100).optional(),
  pipelines: z
    .array(z.string().min(1).max(200))
    .min(1)
    .max(100)
    .optional()
    .describe("With these or groups the token reads what belongs to them, and nothing else."),
  streams: z
    .array(z.string().min(1).max(100))
    .min(1)
    .max(100)
    .optional()
    .describe(
      "The token pushes rows into these streams (`*`: into all) and does nothing else; for operators.",
    ),
  expiresInDays: z
    .number()
    .int()
    .min(1)
    .max(3_650)
    .nullable()
    .default(90)
    .describe("Null: it never expires."),
});

/** A new token: `secret` is shown this one time. */
export const NewToken = z.object({ token: Token, secret: z.string() });

export const AuditEntry = z.object({
  id: z.string().describe("Rises with time."),
  at: Instant,
  actor: z.object({
    kind: z.enum(["user", "token", "anonymous", "terminal"]),
    id: z.uuid().nullable(),
    name: z.string(),
    role: RoleName.nullable(),
  }),
  action: z.string(),
  target: z.string().nullable(),
  outcome: z
    .enum(["started", "done", "refused", "failed"])
    .describe("started: what came of it is not known, since the process ended."),
  status: z.number().int().nullable(),
  code: z.string().nullable(),
  address: z.string().nullable(),
  requestId: z.string().nullable(),
  details: z.record(z.string(), z.unknown()),
});

export const AuditQuery = PageQuery.extend({
  actor: z.string().max(200).optional().describe("Name of who did it."),
  action: z
    .string()
    .max(100)
    .optional()
    .describe("Such as `pipeline.pause`; `pipeline.` finds all that begin so."),
  target: z.string().max(400).optional(),
  outcome: z.enum(["started", "done", "refused", "failed"]).optional(),
  from: z.iso.datetime({ offset: true }).optional(),
  to: z.iso.datetime({ offset: true }).optional(),
});

export const OidcQuery = z.object({
  returnTo: z.string().max(1_000).optional().describe("Page to show afterwards, from `/` on."),
});
