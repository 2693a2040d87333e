import { useState, type FormEvent, type ReactNode } from "react";
import { api } from "../../api/client.ts";
import type { Answer } from "../../api/get-query.ts";
import { Button } from "../../components/button.tsx";
import { ErrorState } from "../../components/error-state.tsx";
import { Field } from "../../components/field.tsx";
import { Input } from "../../components/input.tsx";

interface FirstPasswordProps {
  readonly name: string;
  readonly onDone: (me: Answer<"/api/v1/auth/me">) => void;
  readonly onCancel: () => void;
}

const LEAST = 12;

/** Has somebody who came by a link choose a password, to sign in with from now on. */
export function FirstPassword({ name, onDone, onCancel }: FirstPasswordProps): ReactNode {
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const differs = again !== "" && again !== password;
  const choose = async (): Promise<void> => {
    setBusy(true);
    setProblem(undefined);
    try {
      const { data } = await api.POST("/api/v1/auth/password", { body: { password } });
      if (data !== undefined) onDone(data);
    } catch (error) {
      setProblem(error);
    }
    setBusy(false);
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (password === again) void choose();
  };
  return (
    <form onSubmit={submit} className="space-y-4">
      <p className="text-muted">
        You are signed in as <strong className="text-ink">{name}</strong>. From now on you sign in with this
        password.
      </p>
      <input type="text" name="username" autoComplete="username" value={name} readOnly hidden />
      <Field label="Password" hint={`At least ${LEAST} characters; a few words are easy to keep in mind.`}>
        {(attributes) => (
          <Input
            {...attributes}
            required
            autoFocus
            type="password"
            minLength={LEAST}
            autoComplete="new-password"
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        )}
      </Field>
      <Field label="Once more" problem={differs ? "This is not the same." : undefined}>
        {(attributes) => (
          <Input
            {...attributes}
            required
            type="password"
            autoComplete="new-password"
            value={again}
            onChange={(event) => setAgain(event.target.value)}
          />
        )}
      </Field>
      {problem !== undefined && <ErrorState small error={problem} />}
      <div className="flex flex-wrap justify-between gap-2">
        <Button onClick={onCancel}>Sign out</Button>
        <Button type="submit" kind="primary" busy={busy} disabled={differs || password === ""}>
          Set the password
        </Button>
      </div>
    </form>
  );
}
