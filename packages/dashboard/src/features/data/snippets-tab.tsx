import { useState, type ReactNode } from "react";
import { Card } from "../../components/card.tsx";
import { CodeBlock } from "../../components/code-block.tsx";
import { TextLink } from "../../components/text-link.tsx";
import { Tabs } from "../../components/tabs.tsx";
import type { TableDetail } from "../shared/api-types.ts";
import { snippets } from "./snippets.ts";

/** How a program reads the table over the API. */
export function SnippetsTab({ table }: { readonly table: TableDetail }): ReactNode {
  const [language, setLanguage] = useState("curl");
  const codes = snippets(location.origin, table);
  return (
    <Card
      title="Read it from a program"
      note={
        <>
          Put a token in place of <code className="font-mono">$MILLRACE_TOKEN</code>:{" "}
          <TextLink className="underline" to="/users" search={{ tab: "tokens" }}>
            make one
          </TextLink>
          .
        </>
      }
    >
      <Tabs
        label="Language"
        value={language}
        onChange={setLanguage}
        tabs={codes.map(({ id, label, code }) => ({
          id,
          label,
          content: () => <CodeBlock label={`${label} code`} code={code} />,
        }))}
      />
    </Card>
  );
}
