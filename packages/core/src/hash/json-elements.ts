/** The texts of the elements of a canonical JSON array, cut out without parsing; undefined where the text is no array. */
export function elementsOf(text: string): string[] | undefined {
  if (text.charCodeAt(0) !== 91) return undefined;
  const elements: string[] = [];
  if (text.length === 2) return elements;
  let depth = 0;
  let start = 1;
  for (let i = 1; i < text.length - 1; i++) {
    switch (text.charCodeAt(i)) {
      case 34:
        i = endOfString(text, i);
        break;
      case 91:
      case 123:
        depth++;
        break;
      case 93:
      case 125:
        depth--;
        break;
      case 44:
        if (depth > 0) break;
        elements.push(text.slice(start, i));
        start = i + 1;
        break;
      default:
    }
  }
  elements.push(text.slice(start, -1));
  return elements;
}

/** The index of the quote that ends the string which begins at `start`. */
function endOfString(text: string, start: number): number {
  let i = start + 1;
  while (text.charCodeAt(i) !== 34) i += text.charCodeAt(i) === 92 ? 2 : 1;
  return i;
}
