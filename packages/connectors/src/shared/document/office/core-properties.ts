import { parseXml } from "./parse-xml.ts";

const NAMES: Readonly<Record<string, string>> = {
  title: "title",
  creator: "author",
  subject: "subject",
  keywords: "keywords",
  created: "created",
  modified: "modified",
};

/** What an Office document says of itself. */
export function coreProperties(xml: string, file: string): Record<string, string> {
  const found: Record<string, string> = {};
  let name: string | undefined;
  parseXml(
    xml,
    {
      open: (element) => (name = NAMES[element]),
      close: () => (name = undefined),
      text: (text) => {
        if (name !== undefined && text.trim() !== "") found[name] = text.trim();
      },
    },
    file,
  );
  return found;
}
