import { stringify } from "./standard-output.ts";

/** Objects carry the version of their shape, arrays are bare; `BD_JSON_ENVELOPE=1` wraps everything (spec/01 §10.1). */
export function frameBdDocument(value: unknown, env: NodeJS.ProcessEnv): string {
  if (env["BD_JSON_ENVELOPE"] === "1") return stringify({ schema_version: 1, data: value }, 2);
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return stringify(isObject ? { ...value, schema_version: 1 } : value, 2);
}
