import type { ReactNode } from "react";
import { Card } from "../../components/card.tsx";

interface Book {
  readonly symbol: string;
  readonly bids: readonly (readonly unknown[])[];
  readonly asks: readonly (readonly unknown[])[];
}

/** The order books in what a collector shows of its own: `{ books: [{ symbol, bids, asks }] }`. */
export function booksOf(view: unknown): readonly Book[] {
  const books = typeof view === "object" && view !== null ? Reflect.get(view, "books") : undefined;
  if (!Array.isArray(books)) return [];
  return books.filter(
    (book): book is Book =>
      typeof book === "object" &&
      book !== null &&
      typeof Reflect.get(book, "symbol") === "string" &&
      Array.isArray(Reflect.get(book, "bids")) &&
      Array.isArray(Reflect.get(book, "asks")),
  );
}

const LEVELS = 10;

/** Best prices of one order book: bids on the left, asks on the right, as the server wrote them. */
export function BookView({ book }: { readonly book: Book }): ReactNode {
  const rows = Array.from({ length: Math.min(LEVELS, Math.max(book.bids.length, book.asks.length)) });
  return (
    <Card title={book.symbol} flush>
      <table aria-label={`Order book of ${book.symbol}`} className="w-full text-sm tabular-nums">
        <thead>
          <tr className="text-muted">
            <th className="px-3 py-1 text-right font-normal">Size</th>
            <th className="px-3 py-1 text-right font-normal">Bid</th>
            <th className="px-3 py-1 text-left font-normal">Ask</th>
            <th className="px-3 py-1 text-left font-normal">Size</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((_, level) => (
            <tr key={level}>
              <td className="px-3 py-0.5 text-right text-muted">{cell(book.bids[level]?.[1])}</td>
              <td className="px-3 py-0.5 text-right text-succeeded">{cell(book.bids[level]?.[0])}</td>
              <td className="px-3 py-0.5 text-left text-failed">{cell(book.asks[level]?.[0])}</td>
              <td className="px-3 py-0.5 text-left text-muted">{cell(book.asks[level]?.[1])}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}

function cell(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}
