import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Observation, Observations } from "../../src/agents/runtimes/runtimes-document.ts";

const file = join(import.meta.dirname, "../../docs/conformance.json");

/** Writes down what has just been seen, for `docs/runtimes.md`; only when asked to (`GT_CONFORMANCE_RECORD=1`). */
export function recordObservation(
  cli: { readonly name: string; readonly packageName: string },
  version: string,
  seen: Pick<Observation, "proven" | "cannot">,
): void {
  if (process.env["GT_CONFORMANCE_RECORD"] !== "1") return;
  const before = JSON.parse(readFileSync(file, "utf8")) as Observations;
  const observation: Observation = {
    package: cli.packageName,
    version,
    date: new Date().toISOString().slice(0, 10),
    ...seen,
  };
  const all = Object.entries({ ...before, [cli.name]: observation }).sort(([one], [other]) =>
    one < other ? -1 : 1,
  );
  writeFileSync(file, `${JSON.stringify(Object.fromEntries(all), null, 2)}\n`);
}
