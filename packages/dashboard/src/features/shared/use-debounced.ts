import { useEffect, useRef, useState } from "react";

const PAUSE_MS = 250;

/**
 * A text field whose value goes somewhere slower, such as the address: it shows what is typed at once, and hands it over
 * when the typing pauses. A value that changes from outside is taken over.
 */
export function useDebounced(
  value: string,
  commit: (value: string) => void,
): readonly [string, (text: string) => void] {
  const [text, setText] = useState(value);
  const given = useRef(value);
  const latest = useRef(commit);
  latest.current = commit;
  useEffect(() => {
    if (value === given.current) return;
    given.current = value;
    setText(value);
  }, [value]);
  useEffect(() => {
    if (text === given.current) return undefined;
    const timer = setTimeout(() => {
      given.current = text;
      latest.current(text);
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [text]);
  return [text, setText];
}
