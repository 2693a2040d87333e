import { deadCode } from "./dead-code.ts";
import { docComments } from "./doc-comments.ts";
import { examples } from "./doc-examples.ts";
import { docLinks } from "./doc-links.ts";
import { errorCodes } from "./error-codes.ts";
import { format } from "./format.ts";
import type { Gate } from "./gate.ts";
import { generated } from "./generated.ts";
import { imports } from "./imports.ts";
import { licences } from "./licences.ts";
import { lint } from "./lint.ts";
import { lockFile } from "./lock-file.ts";
import { secrets } from "./secrets.ts";
import { types } from "./types.ts";
import { words } from "./words.ts";

/** Every gate, in the order in which they run. */
export const GATES: readonly Gate[] = [
  generated,
  format,
  lint,
  types,
  imports,
  deadCode,
  errorCodes,
  docComments,
  docLinks,
  examples,
  lockFile,
  licences,
  secrets,
  words,
];
