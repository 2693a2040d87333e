import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent, type ReactNode } from "react";
import { api } from "../../api/client.ts";
import { getQuery } from "../../api/get-query.ts";
import { meQuery } from "../../api/session.ts";
import { Button } from "../../components/button.tsx";
import { Card } from "../../components/card.tsx";
import { ErrorState } from "../../components/error-state.tsx";
import { Field } from "../../components/field.tsx";
import { Input } from "../../components/input.tsx";
import { QueryView } from "../../components/query-view.tsx";
import { Badge } from "../../components/status.tsx";
import { Time } from "../../components/time.tsx";
import { useToast } from "../../components/toasts.tsx";
import { useCommand } from "../shared/use-command.ts";

/** One's own password and sessions. */
export function OwnAccount(): ReactNode {
  const { data: me } = useQuery(meQuery);
  return (
    <div className="grid gap-4 xl:grid-cols-2">
      {me?.password !== "external" && <PasswordCard has={me?.password === "set"} />}
      <SessionsCard />
    </div>
  );
}

function PasswordCard({ has }: { readonly has: boolean }): ReactNode {
  const toast = useToast();
  const queries = useQueryClient();
  const [current, setCurrent] = useState("");
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const change = async (): Promise<void> => {
    setBusy(true);
    setProblem(undefined);
    try {
      const { data } = await api.POST("/api/v1/auth/password", {
        body: { password, ...(current === "" ? {} : { current }) },
      });
      if (data !== undefined) queries.setQueryData(meQuery.queryKey, data);
      toast.done("The password is changed", "All your other sessions are over.");
      setCurrent("");
      setPassword("");
      await queries.invalidateQueries({ queryKey: ["/api/v1/auth/sessions"] });
    } catch (error) {
      setProblem(error);
    }
    setBusy(false);
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void change();
  };
  return (
    <Card title="Password">
      <form onSubmit={submit} className="max-w-sm space-y-4">
        {has && (
          <Field label="Until now">
            {(attributes) => (
              <Input
                {...attributes}
                required
                type="password"
                autoComplete="current-password"
                value={current}
                onChange={(event) => setCurrent(event.target.value)}
              />
            )}
          </Field>
        )}
        <Field label="New" hint="At least 12 characters.">
          {(attributes) => (
            <Input
              {...attributes}
              required
              minLength={12}
              type="password"
              autoComplete="new-password"
              value={password}
              onChange={(event) => setPassword(event.target.value)}
            />
          )}
        </Field>
        {problem !== undefined && <ErrorState small error={problem} />}
        <Button type="submit" busy={busy}>
          Change the password
        </Button>
      </form>
    </Card>
  );
}

function SessionsCard(): ReactNode {
  const query = useQuery(getQuery("/api/v1/auth/sessions"));
  const command = useCommand();
  return (
    <Card flush title="Your sessions">
      <QueryView query={query} what="Your sessions">
        {({ items }) => (
          <ul className="divide-y divide-line border-t border-line">
            {items.map((session) => (
              <li key={session.id} className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2.5">
                <div className="min-w-0 flex-1 basis-56">
                  <p className="truncate" title={session.userAgent ?? ""}>
                    {session.userAgent ?? "Unknown browser"}
                  </p>
                  <p className="text-sm text-muted">
                    {session.address ?? "unknown address"}, last seen <Time at={session.lastSeenAt} />
                  </p>
                </div>
                {session.current ? (
                  <Badge tone="running">this one</Badge>
                ) : (
                  <Button
                    size="small"
                    busy={command.busy}
                    onClick={() => {
                      void command.run({
                        title: "The session is over",
                        act: () =>
                          api.DELETE("/api/v1/auth/sessions/{id}", { params: { path: { id: session.id } } }),
                      });
                    }}
                  >
                    End
                  </Button>
                )}
              </li>
            ))}
          </ul>
        )}
      </QueryView>
    </Card>
  );
}
