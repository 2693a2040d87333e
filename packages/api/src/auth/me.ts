import type { z } from "zod";
import type { Caller } from "./caller.ts";
import type { Me } from "./schemas.ts";
import type { OpenSession } from "./sessions.ts";

/** Who makes a request, as the answer tells. */
export function meOf({ kind, id, name, role, scope, session }: Caller): z.infer<typeof Me> {
  return {
    kind,
    id,
    name,
    role,
    scope: scope === null ? null : { groups: copy(scope.groups), pipelines: copy(scope.pipelines) },
    password: session === null ? null : passwordOf(session),
    session:
      session === null
        ? null
        : {
            id: session.id,
            via: session.via,
            createdAt: session.createdAt.toISOString(),
            expiresAt: session.expiresAt.toISOString(),
          },
  };
}

function passwordOf({ user }: OpenSession): "set" | "unset" | "external" {
  if (user.external) return "external";
  return user.hasPassword ? "set" : "unset";
}

function copy(list: readonly string[] | null): string[] | null {
  return list === null ? null : [...list];
}
