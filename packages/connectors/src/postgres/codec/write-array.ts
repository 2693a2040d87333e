import { MillraceError, type ScalarType } from "@millrace/core";
import { TYPE_OIDS } from "./type-oids.ts";
import { SCALAR_WRITERS, type ValueWriter } from "./write-scalar.ts";

/** A writer of one-dimensional arrays of `element`. */
export function arrayWriter(element: ScalarType): ValueWriter {
  const { write, fixedBytes } = SCALAR_WRITERS[element.kind];
  const oid = TYPE_OIDS[element.kind];
  return (out, value) => {
    if (!Array.isArray(value)) {
      throw new MillraceError("MLR_INTERNAL", `a value of type ${typeof value} reached a column of arrays`);
    }
    out.reserve(24);
    out.hold();
    out.position += 24;
    let nulls = 0;
    for (const item of value as readonly unknown[]) {
      out.reserve(fixedBytes);
      if (item === null || item === undefined) {
        out.view.setInt32(out.position, -1);
        out.position += 4;
        nulls = 1;
      } else write(out, item);
    }
    const { view, heldAt } = out;
    // An array without elements has no dimensions: 12 bytes of header instead of 20.
    if (value.length === 0) out.position -= 8;
    view.setInt32(heldAt, out.position - heldAt - 4);
    view.setInt32(heldAt + 4, value.length === 0 ? 0 : 1);
    view.setInt32(heldAt + 8, nulls);
    view.setUint32(heldAt + 12, oid);
    if (value.length > 0) {
      view.setInt32(heldAt + 16, value.length);
      view.setInt32(heldAt + 20, 1);
    }
    out.release();
  };
}
