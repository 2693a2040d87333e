import { Check, Copy } from "lucide-react";
import { useEffect, useState, type ReactNode } from "react";
import { classNames } from "./class-names.ts";
import { IconButton } from "./icon-button.tsx";

/** Copies a text; says for a moment that it did. */
export function CopyButton({
  text,
  label = "Copy",
}: {
  readonly text: string;
  readonly label?: string;
}): ReactNode {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    const timer = setTimeout(() => setCopied(false), 1_500);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = (): void => {
    void navigator.clipboard.writeText(text).then(() => setCopied(true));
  };
  return (
    <IconButton size="small" icon={copied ? Check : Copy} label={copied ? "Copied" : label} onClick={copy} />
  );
}

interface CodeBlockProps {
  readonly code: string;
  /** Read out, such as `Stack of the error`. */
  readonly label: string;
  /** Breaks long lines instead of scrolling sideways. */
  readonly wrap?: boolean;
  readonly className?: string;
}

/** Text as it is, in a fixed width, to be copied. */
export function CodeBlock({ code, label, wrap = false, className }: CodeBlockProps): ReactNode {
  return (
    <div className={classNames("relative rounded-md border border-line bg-sunken", className)}>
      <pre
        tabIndex={0}
        role="region"
        aria-label={label}
        dir="auto"
        className={classNames(
          "max-h-96 overflow-auto p-3 pr-10 font-mono text-sm",
          wrap ? "whitespace-pre-wrap wrap-anywhere" : "whitespace-pre",
        )}
      >
        <code>{code}</code>
      </pre>
      <div className="absolute top-1.5 right-1.5">
        <CopyButton text={code} />
      </div>
    </div>
  );
}
