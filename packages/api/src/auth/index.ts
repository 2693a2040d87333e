/** Users, tokens and links as functions over the control database: for the command line, without a server. */
export { ApiTokens, type MadeToken, type TokenRecord } from "./api-tokens.ts";
export { AuditLog } from "./audit-log.ts";
export { administratorExists } from "./first-start.ts";
export { hashPassword } from "./password-hash.ts";
export { checkNewPassword } from "./password-rules.ts";
export { SignInLinks, type SignInLink } from "./sign-in-links.ts";
export type { UserRecord } from "./user-record.ts";
export { Users } from "./users.ts";
