import type { Role } from "../../server/role.ts";

/** A service that signs people in by OpenID Connect. */
export interface OidcOptions {
  /** Its issuer, such as `https://login.example.com/realms/main`; `/.well-known/openid-configuration` below it tells the rest. */
  readonly issuer: URL;
  /** What the service knows Millrace by. */
  readonly clientId: string;
  /** Asked for when somebody signs in, so that a new one needs no restart. */
  readonly clientSecret: () => Promise<string>;
  /** What the button says. Default: the issuer's host. */
  readonly label?: string | undefined;
  /** Default `openid profile email`. */
  readonly scopes?: string | undefined;
  /** The claim that roles are read from: a text, or a list of texts. Parts of a path are separated by dots. Default `groups`. */
  readonly roleClaim?: string | undefined;
  /** The values of the claim that give a role; `*`: everybody whom the service signs in. The highest role counts. */
  readonly roles: Readonly<Partial<Record<Role, readonly string[]>>>;
}
