import { CircleCheck, TriangleAlert, X } from "lucide-react";
import { Toast } from "radix-ui";
import { createContext, use, useCallback, useMemo, useState, type ReactNode } from "react";
import { told } from "./error-state.tsx";

interface Message {
  readonly id: number;
  readonly kind: "done" | "failed";
  readonly title: string;
  readonly text?: string | undefined;
}

interface Tell {
  /** Something went through. */
  readonly done: (title: string, text?: string) => void;
  /** Something was refused: says why, with the hint. */
  readonly failed: (title: string, error: unknown) => void;
}

const ToastContext = createContext<Tell>({ done: () => {}, failed: () => {} });
const SHOWN_MS = 6_000;
let last = 0;

/** Short messages in the corner, read out by screen readers; a failure stays until it is closed. */
export function Toasts({ children }: { readonly children: ReactNode }): ReactNode {
  const [messages, setMessages] = useState<readonly Message[]>([]);
  const add = useCallback((message: Omit<Message, "id">) => {
    last += 1;
    const id = last;
    setMessages((now) => [...now.slice(-3), { ...message, id }]);
  }, []);
  const tell = useMemo<Tell>(
    () => ({
      done: (title, text) => add({ kind: "done", title, text }),
      failed: (title, error) => {
        const { message, hint } = told(error);
        add({ kind: "failed", title, text: hint === undefined ? message : `${message} ${hint}` });
      },
    }),
    [add],
  );
  return (
    <ToastContext value={tell}>
      <Toast.Provider swipeDirection="right" label="Message">
        {children}
        {messages.map((message) => (
          <ToastCard
            key={message.id}
            message={message}
            onClose={() => setMessages((now) => now.filter(({ id }) => id !== message.id))}
          />
        ))}
        <Toast.Viewport className="fixed right-3 bottom-16 z-50 flex w-[calc(100%-1.5rem)] max-w-sm flex-col gap-2 outline-none lg:bottom-3" />
      </Toast.Provider>
    </ToastContext>
  );
}

/** Tells people how something went. */
export function useToast(): Tell {
  return use(ToastContext);
}

function ToastCard({
  message,
  onClose,
}: {
  readonly message: Message;
  readonly onClose: () => void;
}): ReactNode {
  const failed = message.kind === "failed";
  return (
    <Toast.Root
      type={failed ? "foreground" : "background"}
      duration={failed ? Infinity : SHOWN_MS}
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      className="flex animate-appear gap-3 rounded-lg border border-line bg-raised p-3 shadow-pop"
    >
      {failed ? (
        <TriangleAlert aria-hidden className="mt-0.5 size-[18px] shrink-0 text-failed" />
      ) : (
        <CircleCheck aria-hidden className="mt-0.5 size-[18px] shrink-0 text-succeeded" />
      )}
      <div className="min-w-0 flex-1 wrap-anywhere">
        <Toast.Title className="font-medium">{message.title}</Toast.Title>
        {message.text !== undefined && (
          <Toast.Description className="mt-0.5 text-sm text-muted">{message.text}</Toast.Description>
        )}
      </div>
      <Toast.Close
        aria-label="Close"
        className="inline-flex size-6 shrink-0 items-center justify-center rounded-sm text-faint hover:text-ink"
      >
        <X aria-hidden className="size-4" />
      </Toast.Close>
    </Toast.Root>
  );
}
