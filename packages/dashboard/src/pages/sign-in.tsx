import { useQueryClient } from "@tanstack/react-query";
import { useNavigate, useRouter, useSearch } from "@tanstack/react-router";
import { useEffect, useState, type ReactNode } from "react";
import { api } from "../api/client.ts";
import type { Answer } from "../api/get-query.ts";
import { meQuery } from "../api/session.ts";
import { FirstPassword } from "../features/sign-in/first-password.tsx";
import { LinkSignIn } from "../features/sign-in/link-sign-in.tsx";
import { PasswordSignIn } from "../features/sign-in/password-sign-in.tsx";
import { returnPath } from "../features/sign-in/return-path.ts";
import { Logo } from "../layout/logo.tsx";

type Me = Answer<"/api/v1/auth/me">;

/** Signs people in: by a link from the terminal, with a password, or by another service; then takes them where they wanted to go. */
export function SignInPage(): ReactNode {
  const { next, error } = useSearch({ from: "/sign-in" });
  const router = useRouter();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [token] = useState(takeToken);
  const [person, setPerson] = useState<Me>();
  useEffect(() => {
    document.title = "Sign in · Millrace";
  }, []);
  const enter = (me: Me): void => {
    queries.clear();
    queries.setQueryData(meQuery.queryKey, me);
    router.history.replace(returnPath(next));
  };
  const signedIn = (me: Me): void => {
    if (me.password === "unset") setPerson(me);
    else enter(me);
  };
  const cancel = async (): Promise<void> => {
    await api.POST("/api/v1/auth/sign-out", { body: { everywhere: false } });
    setPerson(undefined);
    await navigate({ to: "/sign-in", search: {} });
  };
  return (
    <main className="flex min-h-dvh flex-col items-center px-4 pt-[12dvh] pb-10">
      <div className="w-full max-w-sm">
        <div className="mb-6 flex items-center gap-3">
          <Logo className="size-9" />
          <h1 className="text-xl font-semibold tracking-tight">
            {person === undefined ? "Sign in to Millrace" : "Choose a password"}
          </h1>
        </div>
        <div className="rounded-lg border border-line bg-surface p-5 shadow-card">
          {person !== undefined ? (
            <FirstPassword name={person.name} onDone={enter} onCancel={() => void cancel()} />
          ) : token !== undefined ? (
            <LinkSignIn token={token} onDone={signedIn} />
          ) : (
            <PasswordSignIn next={returnPath(next)} error={error} onDone={signedIn} />
          )}
        </div>
        {person === undefined && token === undefined && (
          <p className="mt-4 text-sm text-muted">
            Nobody has a password yet, or you forgot yours? On the machine that Millrace runs on,{" "}
            <code className="font-mono whitespace-nowrap">millrace user link</code> prints a link that signs
            you in once.
          </p>
        )}
      </div>
    </main>
  );
}

/** Takes the one-time token out of the address at once, so that it stays in no history. */
function takeToken(): string | undefined {
  const token = location.hash.slice(1);
  if (token === "") return undefined;
  history.replaceState(history.state, "", location.pathname + location.search);
  return decodeURIComponent(token);
}
