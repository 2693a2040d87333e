import { useNavigate } from "@tanstack/react-router";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Command } from "cmdk";
import { Database, Moon, Play, Search, Sun, Workflow, type LucideIcon } from "lucide-react";
import { Dialog } from "radix-ui";
import { useDeferredValue, useState, type ReactNode } from "react";
import { getQuery } from "../api/get-query.ts";
import { Status } from "../components/status.tsx";
import { useTheme } from "../theme/theme-provider.tsx";
import { NAVIGATION } from "./navigation.ts";
import { usePresence } from "./use-presence.ts";

const GROUP =
  "[&_[cmdk-group-heading]]:px-3 [&_[cmdk-group-heading]]:pt-3 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:font-medium [&_[cmdk-group-heading]]:text-muted";
const FOUND = 8;

/** Goes anywhere by a few letters: pages, pipelines, runs by their id, tables. */
export function PaletteDialog({ onClose }: { readonly onClose: () => void }): ReactNode {
  const [text, setText] = useState("");
  return (
    <Dialog.Root open onOpenChange={onClose}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-backdrop" />
        <Dialog.Content
          aria-describedby={undefined}
          className="fixed inset-x-3 top-3 z-40 mx-auto flex max-h-[70dvh] max-w-xl animate-appear flex-col overflow-hidden rounded-lg border border-line bg-raised shadow-pop sm:top-[12dvh]"
        >
          <Dialog.Title className="sr-only">Search and commands</Dialog.Title>
          <Command loop label="Search and commands" className="flex min-h-0 flex-col">
            <div className="flex items-center gap-2.5 border-b border-line px-4">
              <Search aria-hidden className="size-4 shrink-0 text-faint" />
              <Command.Input
                autoFocus
                value={text}
                onValueChange={setText}
                placeholder="Pipeline, table, run id or page"
                className="h-12 min-w-0 flex-1 bg-transparent text-base outline-none"
              />
            </div>
            <Command.List className="min-h-0 flex-1 overflow-y-auto p-1.5">
              <Command.Empty className="px-4 py-8 text-center text-muted">
                Nothing is called like this.
              </Command.Empty>
              <Found text={text} onClose={onClose} />
              <Pages onClose={onClose} />
              <Actions onClose={onClose} />
            </Command.List>
          </Command>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Found({ text, onClose }: { readonly text: string; readonly onClose: () => void }): ReactNode {
  const search = useDeferredValue(text.trim());
  const wanted = search.length > 0;
  const navigate = useNavigate();
  const pipelines = useQuery({
    ...getQuery("/api/v1/pipelines", { query: { search, limit: FOUND } }),
    enabled: wanted,
    placeholderData: keepPreviousData,
  });
  const tables = useQuery({ ...getQuery("/api/v1/tables"), enabled: wanted });
  const runs = useQuery({
    ...getQuery("/api/v1/runs", { query: { search, limit: 5 } }),
    enabled: /^[\da-f-]{4,36}$/i.test(search),
  });
  if (!wanted) return null;
  const go = (to: () => Promise<void>): void => {
    onClose();
    void to();
  };
  const named = (tables.data?.items ?? []).filter(({ table }) =>
    table.toLowerCase().includes(search.toLowerCase()),
  );
  return (
    <>
      <Command.Group heading="Pipelines" className={GROUP}>
        {(pipelines.data?.items ?? []).map(({ name, lastRun }) => (
          <Entry
            key={name}
            value={`pipeline ${name} ${search}`}
            icon={Workflow}
            onSelect={() => go(() => navigate({ to: "/pipelines/$name", params: { name } }))}
          >
            <span className="min-w-0 flex-1 truncate" dir="auto">
              {name}
            </span>
            {lastRun !== null && <Status quiet status={lastRun.status} />}
          </Entry>
        ))}
      </Command.Group>
      <Command.Group heading="Tables" className={GROUP}>
        {named.slice(0, FOUND).map(({ table }) => (
          <Entry
            key={table}
            value={`table ${table} ${search}`}
            icon={Database}
            onSelect={() => go(() => navigate({ to: "/data/$table", params: { table } }))}
          >
            <span className="truncate">{table}</span>
          </Entry>
        ))}
      </Command.Group>
      <Command.Group heading="Runs" className={GROUP}>
        {(runs.data?.items ?? []).map(({ id, pipeline, status }) => (
          <Entry
            key={id}
            value={`run ${id} ${search}`}
            icon={Play}
            onSelect={() => go(() => navigate({ to: "/runs/$id", params: { id } }))}
          >
            <span className="min-w-0 flex-1 truncate">
              {pipeline} <span className="font-mono text-sm text-muted">{id.slice(0, 13)}</span>
            </span>
            <Status quiet status={status} />
          </Entry>
        ))}
      </Command.Group>
    </>
  );
}

function Pages({ onClose }: { readonly onClose: () => void }): ReactNode {
  const navigate = useNavigate();
  const isThere = usePresence();
  const pages = NAVIGATION.flatMap(({ items }) => items).filter((item) =>
    isThere({ ...item, needs: undefined }),
  );
  return (
    <Command.Group heading="Pages" className={GROUP}>
      {pages.map(({ to, label, icon, key }) => (
        <Entry
          key={to}
          value={`page ${label}`}
          icon={icon}
          onSelect={() => {
            onClose();
            void navigate({ to });
          }}
        >
          <span className="flex-1">{label}</span>
          {key !== undefined && <span className="text-sm text-faint">g {key}</span>}
        </Entry>
      ))}
    </Command.Group>
  );
}

function Actions({ onClose }: { readonly onClose: () => void }): ReactNode {
  const { shown, choose } = useTheme();
  const other = shown === "dark" ? "light" : "dark";
  return (
    <Command.Group heading="Do" className={GROUP}>
      <Entry
        value={`theme ${other}`}
        icon={other === "dark" ? Moon : Sun}
        onSelect={() => {
          choose(other);
          onClose();
        }}
      >
        Use the {other} theme
      </Entry>
    </Command.Group>
  );
}

interface EntryProps {
  readonly value: string;
  readonly icon: LucideIcon;
  readonly onSelect: () => void;
  readonly children: ReactNode;
}

function Entry({ value, icon: Icon, onSelect, children }: EntryProps): ReactNode {
  return (
    <Command.Item
      value={value}
      onSelect={onSelect}
      className="flex h-10 cursor-pointer items-center gap-2.5 rounded-md px-3 data-[selected=true]:bg-hover"
    >
      <Icon aria-hidden className="size-4 shrink-0 text-faint" />
      {children}
    </Command.Item>
  );
}
