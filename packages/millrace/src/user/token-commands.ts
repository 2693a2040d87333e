import type { TokenRecord } from "@millrace/api/auth";
import { MillraceError } from "@millrace/core";
import type { CliContext } from "../cli-context.ts";
import type { Style } from "../output/style.ts";
import { renderTable } from "../output/table.ts";
import { clean } from "../output/text.ts";
import { timeText } from "../output/time-text.ts";
import { withAccess } from "./access.ts";
import { onlyAdministrator, type RoleName } from "./user-commands.ts";

/** How `millrace token create` is asked. */
export interface TokenFlags {
  readonly user?: string;
  readonly role: RoleName;
  readonly group?: readonly string[];
  readonly pipeline?: readonly string[];
  readonly stream?: readonly string[];
  /** Milliseconds, or `never`. */
  readonly expires: number | "never";
}

const MOST = 1_000;

/** `millrace token list`. @param user only theirs */
export async function listTokens(cli: CliContext, user: string | undefined): Promise<void> {
  await withAccess(cli, async ({ users, tokens }) => {
    const of = user === undefined ? undefined : (await users.named(user)).id;
    const all = await tokens.list({ limit: MOST, user: of });
    cli.printer.result(all, () => forPeople(all, cli.printer.style));
  });
}

/** `millrace token create`: prints the token, this one time. */
export async function createToken(cli: CliContext, name: string, flags: TokenFlags): Promise<void> {
  await withAccess(cli, async (access) => {
    const { users, tokens, audited } = access;
    const user = await users.named(flags.user ?? (await onlyAdministrator(access)));
    const { role, group: groups, pipeline: pipelines, stream: streams, expires } = flags;
    const expiresAt = expires === "never" ? null : new Date(Date.now() + expires);
    const details = { role, user: user.name };
    const made = await audited({ action: "token.create", target: name, details }, () =>
      tokens.create({ name, user: user.id, role, groups, pipelines, streams, expiresAt }),
    );
    const { style } = cli.printer;
    cli.printer.result(
      made,
      () =>
        `${style.green("✓")} The token "${clean(name)}" of ${clean(user.name)} is made. It is shown this one time:\n\n  ${made.secret}\n\n${style.dim("Programs send it as the header Authorization: Bearer.")}`,
    );
  });
}

/** `millrace token revoke`. */
export async function revokeToken(cli: CliContext, id: string): Promise<void> {
  await withAccess(cli, async ({ tokens, audited }) => {
    const open = (await tokens.list({ limit: MOST })).filter(({ revokedAt }) => revokedAt === null);
    const meant = open.filter((each) => each.id === id || each.name === id);
    const [found] = meant;
    if (found === undefined || meant.length > 1) throw notOne(id, meant.length);
    const { name } = found;
    const token = await audited({ action: "token.revoke", target: name, details: { id: found.id } }, () =>
      tokens.revoke(found.id),
    );
    cli.printer.result(
      token,
      () => `${cli.printer.style.green("✓")} The token "${clean(token.name)}" is revoked.`,
    );
  });
}

function notOne(id: string, count: number): MillraceError {
  const message =
    count === 0 ? `There is no token "${id}" that can be used` : `${count} tokens are named "${id}"`;
  return new MillraceError("MLR_TOKEN_NOT_FOUND", message, {
    hint: "`millrace token list` tells names and ids.",
    details: { token: id },
  });
}

function forPeople(all: readonly TokenRecord[], style: Style): string {
  if (all.length === 0) return 'No API tokens yet. Make one with "millrace token create <name>".';
  return renderTable(
    ["id", "name", "begins with", "user", "reaches", "expires", "last used"].map((title) => ({ title })),
    all.map((token) => [
      token.id,
      clean(token.name),
      token.hint,
      clean(token.user),
      reachOf(token),
      token.revokedAt === null ? expiryOf(token, style) : style.yellow("revoked"),
      token.lastUsedAt === null ? style.dim("never") : timeText(token.lastUsedAt),
    ]),
    { heading: style.dim },
  );
}

function reachOf({ role, scope, streams }: TokenRecord): string {
  if (streams !== null) return `pushes into ${streams.map(clean).join(", ")}`;
  if (scope === null) return `everything, as ${role}`;
  const { groups, pipelines } = scope;
  const parts = [
    ...(groups ?? []).map((name) => `group ${clean(name)}`),
    ...(pipelines ?? []).map((name) => clean(name)),
  ];
  return `reads ${parts.join(", ")}`;
}

function expiryOf({ expiresAt }: TokenRecord, style: Style): string {
  if (expiresAt === null) return "never";
  return Date.parse(expiresAt) <= Date.now() ? style.yellow("expired") : timeText(expiresAt);
}
