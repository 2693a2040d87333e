/** The page, of which everything else is loaded from this server. */
export const PAGE_HTML = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>Millrace: GraphQL</title>
    <link rel="icon" href="data:," />
    <link rel="stylesheet" href="/data/graphql/graphiql.css" />
    <link rel="stylesheet" href="/data/graphql/page.css" />
  </head>
  <body>
    <div id="graphiql">Loading…</div>
    <script src="/data/graphql/react.js"></script>
    <script src="/data/graphql/react-dom.js"></script>
    <script src="/data/graphql/graphiql.js"></script>
    <script src="/data/graphql/page.js"></script>
  </body>
</html>
`;

/** Its own style. */
export const PAGE_STYLE = "body { margin: 0; }\n#graphiql { height: 100vh; }\n";

/** Its script: GraphiQL with a fetcher that follows subscriptions by server-sent events. */
export const PAGE_SCRIPT = `"use strict";
const address = "/data/graphql";

async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    text += value;
    for (let end = text.indexOf("\\n\\n"); end >= 0; end = text.indexOf("\\n\\n")) {
      const data = /^data: (.+)$/m.exec(text.slice(0, end));
      text = text.slice(end + 2);
      if (data !== null) yield JSON.parse(data[1]);
    }
  }
}

async function fetcher(request, options) {
  const follows = options?.documentAST?.definitions.some(
    (each) => each.operation === "subscription" && (!request.operationName || each.name?.value === request.operationName),
  );
  const response = await fetch(address, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: follows ? "text/event-stream" : "application/json",
      ...options?.headers,
    },
    body: JSON.stringify(request),
  });
  if (follows && response.ok) return events(response.body);
  return response.json();
}

ReactDOM.createRoot(document.getElementById("graphiql")).render(
  React.createElement(GraphiQL, {
    fetcher,
    defaultEditorToolsVisibility: "headers",
    defaultQuery: [
      "# Ctrl-Space tells what can be written here; the book on the left describes all of it.",
      '# A key goes into the headers below: { "authorization": "Bearer mlrd_..." }',
      "",
      "{ __typename }",
      "",
    ].join("\\n"),
    shouldPersistHeaders: false,
  }),
);
`;
