import { useQuery } from "@tanstack/react-query";
import { useState, type FormEvent, type ReactNode } from "react";
import { api } from "../../api/client.ts";
import { getQuery, type Answer } from "../../api/get-query.ts";
import { Button } from "../../components/button.tsx";
import { ErrorState } from "../../components/error-state.tsx";
import { Field } from "../../components/field.tsx";
import { Input } from "../../components/input.tsx";

interface PasswordSignInProps {
  /** Page to go to afterwards. */
  readonly next: string;
  /** Code of what went wrong at another service. */
  readonly error: string | undefined;
  readonly onDone: (me: Answer<"/api/v1/auth/me">) => void;
}

/** Signs in with name and password, or by another service. */
export function PasswordSignIn({ next, error, onDone }: PasswordSignInProps): ReactNode {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const methods = useQuery(getQuery("/api/v1/auth/methods"));
  const signIn = async (): Promise<void> => {
    setBusy(true);
    setProblem(undefined);
    try {
      const { data } = await api.POST("/api/v1/auth/sign-in", { body: { name, password } });
      if (data !== undefined) onDone(data);
    } catch (failure) {
      setProblem(failure);
    }
    setBusy(false);
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void signIn();
  };
  return (
    <form onSubmit={submit} className="space-y-4">
      <Field label="Name">
        {(attributes) => (
          <Input
            {...attributes}
            required
            autoFocus
            autoComplete="username"
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        )}
      </Field>
      <Field label="Password">
        {(attributes) => (
          <Input
            {...attributes}
            required
            type="password"
            autoComplete="current-password"
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        )}
      </Field>
      {problem !== undefined && <ErrorState small error={problem} />}
      {problem === undefined && error !== undefined && <OtherService code={error} />}
      <Button type="submit" kind="primary" busy={busy} className="w-full">
        Sign in
      </Button>
      {methods.data?.oidc === true && (
        <p className="text-center text-sm">
          <a
            href={`/api/v1/auth/oidc?returnTo=${encodeURIComponent(next)}`}
            className="text-accent underline-offset-2 hover:underline"
          >
            Use single sign-on
          </a>
        </p>
      )}
    </form>
  );
}

const SET_UP = "MLR_SIGN_IN_OIDC";

function OtherService({ code }: { readonly code: string }): ReactNode {
  return (
    <div role="alert" className="rounded-md bg-failed-soft p-3">
      <p className="font-medium">Single sign-on did not work.</p>
      <p className="mt-1 text-sm text-muted">
        {code === SET_UP
          ? "It is not set up here, or the service refused. Sign in with your password; the log of the server says more."
          : "Try again, or sign in with your password. The log of the server says more."}
      </p>
      <code className="mt-1 block font-mono text-xs text-muted wrap-anywhere">{code}</code>
    </div>
  );
}
