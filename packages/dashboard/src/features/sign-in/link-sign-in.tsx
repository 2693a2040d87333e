import { useState, type ReactNode } from "react";
import { api } from "../../api/client.ts";
import type { Answer } from "../../api/get-query.ts";
import { Button } from "../../components/button.tsx";
import { ErrorState } from "../../components/error-state.tsx";
import { ButtonLink } from "../../components/text-link.tsx";

interface LinkSignInProps {
  /** From the address: good for one time. */
  readonly token: string;
  readonly onDone: (me: Answer<"/api/v1/auth/me">) => void;
}

/** Signs in by a link. It takes a press, so that programs that look at links beforehand do not use it up. */
export function LinkSignIn({ token, onDone }: LinkSignInProps): ReactNode {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const signIn = async (): Promise<void> => {
    setBusy(true);
    setProblem(undefined);
    try {
      const { data } = await api.POST("/api/v1/auth/link", { body: { token } });
      if (data !== undefined) onDone(data);
    } catch (error) {
      setProblem(error);
    }
    setBusy(false);
  };
  return (
    <div className="space-y-4">
      <p className="text-muted">This link signs you in once, without a password.</p>
      {problem !== undefined && <ErrorState small error={problem} />}
      <Button kind="primary" busy={busy} autoFocus onClick={() => void signIn()} className="w-full">
        Continue
      </Button>
      {problem !== undefined && (
        <ButtonLink to="/sign-in" reloadDocument className="w-full">
          Sign in with a password
        </ButtonLink>
      )}
    </div>
  );
}
