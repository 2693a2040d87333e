import { openAsBlob } from "node:fs";
import path from "node:path";
import { FormData } from "undici";
import { MillraceError } from "@millrace/core";

/** A file of a form. */
export interface FormFile {
  /** Its path: it is read while it is sent, and may be of any size. */
  readonly file?: string;
  /** Its content, in place of `file`. */
  readonly content?: string | Uint8Array;
  /** The name that the server is told. Default: that of `file`, else `file`. */
  readonly name?: string;
  /** Its content type. Default `application/octet-stream`. */
  readonly type?: string;
}

type Field = string | number | boolean | FormFile;

/** Fields and files of a form by name; a list is sent as several of the same name. */
export type Multipart = Readonly<Record<string, Field | readonly Field[]>>;

/** The form as it is sent. Fails with MLR_SOURCE_NOT_FOUND where a file does not exist. */
export async function multipartBody(fields: Multipart): Promise<FormData> {
  const form = new FormData();
  for (const [name, given] of Object.entries(fields)) {
    for (const field of Array.isArray(given) ? given : [given]) {
      if (typeof field === "object") form.append(name, await blobOf(field), fileName(field));
      else form.append(name, String(field));
    }
  }
  return form;
}

function fileName({ name, file }: FormFile): string {
  return name ?? (file === undefined ? "file" : path.basename(file));
}

async function blobOf({ file, content, type = "application/octet-stream" }: FormFile): Promise<Blob> {
  if (content !== undefined) return new Blob([content], { type });
  if (file === undefined) {
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      "A file of `multipart` has neither `file` nor `content`",
      {
        hint: 'Write { file: "path" } or { content: "text", name: "name.txt" }.',
      },
    );
  }
  try {
    return await openAsBlob(file, { type });
  } catch (error) {
    throw new MillraceError(
      "MLR_SOURCE_NOT_FOUND",
      `The file ${file} to send does not exist or cannot be read`,
      {
        hint: "Relative paths begin where the program was started.",
        details: { file },
        cause: error,
      },
    );
  }
}
