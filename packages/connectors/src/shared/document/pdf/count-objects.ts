/** The most objects that a PDF's tables declare; 0 where it declares none. */
export function countObjects(bytes: Uint8Array): number {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let most = 0;
  for (let at = buffer.indexOf("/Size"); at >= 0; at = buffer.indexOf("/Size", at + 5)) {
    const match = /^\/Size\s+(\d{1,15})/.exec(buffer.toString("latin1", at, at + 32));
    if (match !== null) most = Math.max(most, Number(match[1]));
  }
  return most;
}
