import type { Box } from "../../box.ts";
import { loadSharp } from "../../picture/load-sharp.ts";
import type { PrepareOptions } from "../ocr-engine.ts";
import { findSkew, otsuThreshold } from "./skew.ts";

/** A picture that was prepared, and the way back to the one that it was made of. */
export interface PreparedPicture {
  readonly png: Uint8Array;
  /** A box of this picture in pixels of the original. */
  back(box: Box): Box;
}

/** Pictures are enlarged by this at most: beyond it nothing is gained. */
const MOST_SCALE = 3;
/** Width at which the lean of a page is looked for. */
const SKEW_WIDTH = 900;

/**
 * Prepares a picture for recognition: turned, straightened, enlarged, with more contrast or in black and white.
 * @param turn quarter turns that were found before, in degrees clockwise
 */
export async function preparePicture(
  png: Uint8Array,
  turn: number,
  { deskew = true, contrast = true, binarise = false, upscaleTo = 1_600 }: PrepareOptions,
): Promise<PreparedPicture> {
  const sharp = await loadSharp();
  const upright = await sharp(png, { limitInputPixels: false })
    .flatten({ background: "white" })
    .greyscale()
    .rotate(turn)
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height } = upright.info;
  const raw = { raw: { width, height, channels: 1 as const } };
  const open = (): ReturnType<typeof sharp> => sharp(upright.data, { ...raw, limitInputPixels: false });
  let angle = 0;
  if (deskew) {
    const small = await open()
      .resize({ width: Math.min(width, SKEW_WIDTH) })
      .greyscale()
      .raw()
      .toBuffer({ resolveWithObject: true });
    angle = findSkew({ data: small.data, width: small.info.width, height: small.info.height });
  }
  const scale = Math.min(MOST_SCALE, Math.max(1, upscaleTo / width));
  let picture = open();
  if (scale > 1) picture = picture.resize({ width: Math.round(width * scale), kernel: "lanczos3" });
  if (angle !== 0) {
    // Sharp turns before it resizes whatever the order, so the result goes through memory.
    const sized = await picture.greyscale().raw().toBuffer({ resolveWithObject: true });
    const shape = { width: sized.info.width, height: sized.info.height, channels: 1 as const };
    picture = sharp(sized.data, { raw: shape, limitInputPixels: false }).rotate(-angle, {
      background: "white",
    });
  }
  if (contrast) picture = picture.normalise({ lower: 1, upper: 99 });
  const done = await picture.greyscale().raw().toBuffer({ resolveWithObject: true });
  const final = { width: done.info.width, height: done.info.height, channels: 1 as const };
  let last = sharp(done.data, { raw: final, limitInputPixels: false });
  if (binarise) last = last.threshold(otsuThreshold(done.data));
  const way: WayBack = { angle, scale, turn, upright: { width, height }, prepared: final };
  return { png: await last.png({ compressionLevel: 1 }).toBuffer(), back: (box) => goBack(box, way) };
}

interface WayBack {
  readonly angle: number;
  readonly scale: number;
  readonly turn: number;
  readonly upright: { readonly width: number; readonly height: number };
  readonly prepared: { readonly width: number; readonly height: number };
}

function goBack(box: Box, { angle, scale, turn, upright, prepared }: WayBack): Box {
  const radians = (angle * Math.PI) / 180;
  const [cos, sin] = [Math.cos(radians), Math.sin(radians)];
  const middle = { x: (box.x0 + box.x1) / 2, y: (box.y0 + box.y1) / 2 };
  // Turning keeps the middle of the picture where it is, and a word's height and width nearly as they are.
  const dx = middle.x - prepared.width / 2;
  const dy = middle.y - prepared.height / 2;
  const x = (dx * cos - dy * sin) / scale + upright.width / 2;
  const y = (dx * sin + dy * cos) / scale + upright.height / 2;
  const halfWidth = (box.x1 - box.x0) / 2 / scale;
  const halfHeight = (box.y1 - box.y0) / 2 / scale;
  return unturn(
    { x0: x - halfWidth, y0: y - halfHeight, x1: x + halfWidth, y1: y + halfHeight },
    turn,
    upright,
  );
}

/** A box of a picture that was turned clockwise, in the one before. */
function unturn(box: Box, turn: number, { width, height }: { width: number; height: number }): Box {
  if (turn === 90) return { x0: box.y0, y0: width - box.x1, x1: box.y1, y1: width - box.x0 };
  if (turn === 180)
    return { x0: width - box.x1, y0: height - box.y1, x1: width - box.x0, y1: height - box.y0 };
  if (turn === 270) return { x0: height - box.y1, y0: box.x0, x1: height - box.y0, y1: box.x1 };
  return box;
}
