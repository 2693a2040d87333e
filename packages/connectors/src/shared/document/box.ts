/** A rectangle on a page as it is seen, rotation applied: from the upper left corner, in points for PDF and pixels for images. */
export interface Box {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}
