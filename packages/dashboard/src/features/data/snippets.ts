/** Code that reads a table, in one language. */
export interface Snippet {
  readonly id: string;
  readonly label: string;
  readonly code: string;
}

interface SnippetTable {
  readonly id: string;
  readonly columns: readonly { readonly name: string; readonly key: boolean }[];
}

/** How programs read a table: all of it as a file, and page by page. */
export function snippets(origin: string, table: SnippetTable): readonly Snippet[] {
  const base = `${origin}/api/v1/tables/${encodeURIComponent(table.id)}`;
  const column = table.columns[0]?.name ?? "id";
  return [
    {
      id: "curl",
      label: "curl",
      code: `# all rows as CSV\ncurl -H "Authorization: Bearer $MILLRACE_TOKEN" -o ${fileName(table.id)}.csv \\\n  "${base}/export?format=csv"\n\n# rows by a condition, page by page: give "next" of the answer as "after"\ncurl -G -H "Authorization: Bearer $MILLRACE_TOKEN" "${base}/rows" \\\n  --data-urlencode 'where=[{"column":"${column}","operator":"not null"}]' -d limit=100`,
    },
    {
      id: "javascript",
      label: "JavaScript",
      code: `const headers = { authorization: \`Bearer \${process.env.MILLRACE_TOKEN}\` };\nlet after = "";\ndo {\n  const query = new URLSearchParams({ limit: "1000", ...(after && { after }) });\n  const response = await fetch("${base}/rows?" + query, { headers });\n  if (!response.ok) throw new Error(await response.text());\n  const page = await response.json();\n  const names = page.columns.map((column) => column.name);\n  for (const row of page.rows) console.log(Object.fromEntries(names.map((name, i) => [name, row[i]])));\n  after = page.next;\n} while (after);`,
    },
    {
      id: "python",
      label: "Python",
      code: `import os, requests\n\nsession = requests.Session()\nsession.headers["Authorization"] = "Bearer " + os.environ["MILLRACE_TOKEN"]\nparams = {"limit": 1000}\nwhile True:\n    response = session.get("${base}/rows", params=params)\n    response.raise_for_status()\n    page = response.json()\n    names = [column["name"] for column in page["columns"]]\n    for row in page["rows"]:\n        print(dict(zip(names, row)))\n    if "next" not in page:\n        break\n    params["after"] = page["next"]`,
    },
  ];
}

function fileName(id: string): string {
  return id.replaceAll(/[^\w.-]+/g, "_");
}
