import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Observation, Observations } from "../../src/agents/runtimes/runtimes-document.ts";
import { type CliName, packages } from "./packages.ts";

/** What was seen of each CLI when it was last recorded. */
export const observationsFile = join(import.meta.dirname, "../../docs/conformance.json");

/** Writes down what has just been seen, for `docs/runtimes.md`; only when asked to (`GT_CONFORMANCE_RECORD=1`). */
export function recordObservation(
  name: CliName,
  version: string,
  seen: Pick<Observation, "proven" | "cannot"> | { readonly beads: true },
): void {
  if (process.env["GT_CONFORMANCE_RECORD"] !== "1") return;
  const before = JSON.parse(readFileSync(observationsFile, "utf8")) as Observations;
  const date = new Date().toISOString().slice(0, 10);
  const { proven = [], cannot = {}, beads } = before[name] ?? {};
  const observation: Observation = {
    ...{ package: packages[name], version, date, proven, cannot },
    ...(beads === undefined ? {} : { beads }),
    ...("beads" in seen ? { beads: date } : seen),
  };
  const all = Object.entries({ ...before, [name]: observation }).sort(([one], [other]) =>
    one < other ? -1 : 1,
  );
  writeFileSync(observationsFile, `${JSON.stringify(Object.fromEntries(all), null, 2)}\n`);
}
