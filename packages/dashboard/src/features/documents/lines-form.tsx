import { Plus, Trash2 } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "../../components/button.tsx";
import { IconButton } from "../../components/icon-button.tsx";
import { Input } from "../../components/input.tsx";
import type { FieldText } from "./document-fields.ts";

type Line = Readonly<Record<string, FieldText>>;

interface LinesFormProps {
  readonly name: string;
  readonly rows: readonly Line[];
  readonly editable: boolean;
  readonly onChange: (rows: readonly Line[]) => void;
}

/** The rows of a table of a document, each cell a field. */
export function LinesForm({ name, rows, editable, onChange }: LinesFormProps): ReactNode {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const put = (index: number, column: string, value: string): void =>
    onChange(rows.map((row, at) => (at === index ? { ...row, [column]: value === "" ? null : value } : row)));
  const add = (): void => onChange([...rows, Object.fromEntries(columns.map((column) => [column, null]))]);
  return (
    <fieldset className="min-w-0">
      <legend className="mb-1 text-sm font-medium">{name}</legend>
      {rows.length === 0 ? (
        <p className="text-sm text-muted">No lines were found.</p>
      ) : (
        <div className="overflow-x-auto">
          <table className="w-full min-w-64 text-sm" aria-label={name}>
            <thead>
              <tr>
                {columns.map((column) => (
                  <th key={column} scope="col" className="px-1 pb-1 text-left font-normal text-muted">
                    {column}
                  </th>
                ))}
                {editable && <th className="w-8" />}
              </tr>
            </thead>
            <tbody>
              {rows.map((row, index) => (
                // Lines have nothing else that tells them apart.
                <tr key={index}>
                  {columns.map((column) => (
                    <td key={column} className="p-0.5">
                      <Input
                        aria-label={`${column} of line ${index + 1}`}
                        readOnly={!editable}
                        value={row[column] ?? ""}
                        onChange={(event) => put(index, column, event.target.value)}
                      />
                    </td>
                  ))}
                  {editable && (
                    <td>
                      <IconButton
                        icon={Trash2}
                        label={`Remove line ${index + 1}`}
                        onClick={() => onChange(rows.filter((_, at) => at !== index))}
                      />
                    </td>
                  )}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {editable && columns.length > 0 && (
        <Button size="small" kind="quiet" icon={Plus} className="mt-1" onClick={add}>
          Add a line
        </Button>
      )}
    </fieldset>
  );
}
