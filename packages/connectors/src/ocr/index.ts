/** Not a connector: the engines that recognise text in pictures, and how they are chosen. */
export { paddle } from "../shared/document/ocr/engines/paddle.ts";
export { tesseract, type TesseractOptions } from "../shared/document/ocr/engines/tesseract.ts";
export { tesseractJs, type TesseractJsOptions } from "../shared/document/ocr/engines/tesseract-js.ts";
export type {
  OcrEngine,
  OcrOptions,
  OcrRequest,
  OcrWords,
  PrepareOptions,
  RecognisedPage,
  RepairedNumber,
} from "../shared/document/ocr/ocr-engine.ts";
export { recognise, recognisePage, type RecogniseOptions } from "../shared/document/ocr/recognise.ts";
export { repairNumber } from "../shared/document/ocr/repair-number.ts";
