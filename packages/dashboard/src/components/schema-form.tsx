import type { ReactNode } from "react";
import { Field, type FieldAttributes } from "./field.tsx";
import { Input, TextArea } from "./input.tsx";
import { formFields, type FormField } from "./schema-fields.ts";
import { Select } from "./select.tsx";

interface SchemaFormProps {
  /** JSON schema of an object. */
  readonly schema: unknown;
  /** What stands in the fields, as text. */
  readonly values: Readonly<Record<string, string>>;
  readonly onChange: (values: Readonly<Record<string, string>>) => void;
  /** By name of the field. */
  readonly problems?: Readonly<Record<string, string>>;
}

/** Fields for the members of an object as its JSON schema declares them; read what was typed with `readForm`. */
export function SchemaForm({ schema, values, onChange, problems = {} }: SchemaFormProps): ReactNode {
  return (
    <div className="space-y-4">
      {formFields(schema).map((field) => (
        <Field
          key={field.name}
          label={field.label}
          hint={field.hint}
          optional={!field.required}
          problem={problems[field.name]}
        >
          {(attributes) => (
            <FieldInput
              field={field}
              attributes={attributes}
              value={values[field.name] ?? ""}
              onChange={(value) => onChange({ ...values, [field.name]: value })}
            />
          )}
        </Field>
      ))}
    </div>
  );
}

interface FieldInputProps {
  readonly field: FormField;
  readonly attributes: FieldAttributes;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function FieldInput({ field, attributes, value, onChange }: FieldInputProps): ReactNode {
  const rest = { ...attributes, required: field.required };
  if (field.choices !== undefined) {
    const none = { value: "", label: field.fallback === undefined ? "–" : `Default: ${field.fallback}` };
    const choices = field.choices.map((choice) => ({ value: choice, label: choice }));
    return (
      <Select className="w-full" {...rest} value={value} onChange={onChange} choices={[none, ...choices]} />
    );
  }
  const placeholder = field.fallback === undefined ? undefined : `Default: ${field.fallback}`;
  if (field.kind === "json") {
    return (
      <TextArea
        {...rest}
        placeholder={placeholder}
        className="font-mono text-sm"
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    );
  }
  const number = field.kind === "number" || field.kind === "integer";
  return (
    <Input
      {...rest}
      placeholder={placeholder}
      type={field.kind === "date" ? "date" : "text"}
      inputMode={number ? (field.kind === "integer" ? "numeric" : "decimal") : undefined}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}
