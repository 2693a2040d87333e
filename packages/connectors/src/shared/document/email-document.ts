import { MillraceError } from "@millrace/core";
import type { Address, Email } from "postal-mime";
import type { Attachment } from "./document-text.ts";
import { formatError } from "./decode-text.ts";
import { FixedDocument } from "./fixed-document.ts";
import { htmlText } from "./html-document.ts";
import { textPage } from "./text-pages.ts";

/** A message (.eml) as a document: its text, or what its HTML says, with its attachments. Fails with MLR_DRIVER_MISSING. */
export async function emailDocument(name: string, bytes: Uint8Array): Promise<FixedDocument> {
  const { default: PostalMime } = await loadPostalMime();
  let mail: Email;
  try {
    mail = await PostalMime.parse(bytes, { attachmentEncoding: "arraybuffer" });
  } catch (error) {
    throw formatError(name, "cannot be read as a message", "Check that it is a whole .eml file.", error);
  }
  const text = mail.text?.trim() ? mail.text : htmlText(mail.html ?? "", name);
  return new FixedDocument({
    kind: "email",
    name,
    page: textPage(text),
    metadata: headersOf(mail),
    attachments: mail.attachments.map(toAttachment),
  });
}

function headersOf(mail: Email): Record<string, string> {
  const found: Record<string, string | undefined> = {
    subject: mail.subject,
    from: addresses(mail.from === undefined ? undefined : [mail.from]),
    to: addresses(mail.to),
    cc: addresses(mail.cc),
    created: mail.date,
    message_id: mail.messageId,
  };
  const given = Object.entries(found).filter((entry): entry is [string, string] => Boolean(entry[1]));
  return Object.fromEntries(given);
}

function addresses(list: readonly Address[] | undefined): string | undefined {
  return list
    ?.map(({ name, address }) =>
      address === undefined ? name : name === "" ? address : `${name} <${address}>`,
    )
    .join(", ");
}

function toAttachment(part: Email["attachments"][number], index: number): Attachment {
  const { content } = part;
  return {
    name: part.filename ?? `attachment-${index + 1}`,
    contentType: part.mimeType,
    content: typeof content === "string" ? Buffer.from(content) : new Uint8Array(content),
  };
}

async function loadPostalMime(): Promise<typeof import("postal-mime")> {
  try {
    return await import("postal-mime");
  } catch (cause) {
    throw new MillraceError(
      "MLR_DRIVER_MISSING",
      "reading messages needs the package postal-mime, which is missing",
      {
        hint: "Install it: npm install postal-mime",
        cause,
      },
    );
  }
}
