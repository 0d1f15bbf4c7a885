interface RawJson {
  readonly rawJSON: string;
}

interface ExactJson {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): RawJson;
  isRawJSON(value: unknown): value is RawJson;
}

const exact = JSON as unknown as ExactJson;

// Numbers that JavaScript would write in another way than they were read: too long, trailing zeros, exponents.
const delicateNumber = /-?\d{16,}|\.\d*0(?!\d)|\d[eE][+-]?\d|-0(?![.\d])/;

/** Parses JSON so that `JSON.stringify` gives back every number digit by digit. */
export function parseExact(text: string): unknown {
  if (!delicateNumber.test(text)) return JSON.parse(text);
  return exact.parse(text, (_key, value, { source }) =>
    typeof value === "number" && source !== undefined && String(value) !== source
      ? exact.rawJSON(source)
      : value,
  );
}

/** A number that may have been kept digit by digit. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  return exact.isRawJSON(value) ? Number(value.rawJSON) : undefined;
}
