import type { ReactNode } from "react";
import { CodeBlock } from "../../components/code-block.tsx";
import { Time } from "../../components/time.tsx";

/** A link that signs somebody in once, to be handed on; it is shown this one time. */
export function SignInLink({
  path,
  expiresAt,
}: {
  readonly path: string;
  readonly expiresAt: string;
}): ReactNode {
  return (
    <div className="space-y-2">
      <p className="text-muted">
        Hand this link on. It signs in once, ends <Time at={expiresAt} />, and is not shown again.
      </p>
      <CodeBlock code={new URL(path, location.origin).href} label="Link that signs in once" wrap />
    </div>
  );
}
