import { writeFile } from "node:fs/promises";
import type { Control } from "./control.ts";
import { logRows } from "./store/rows.ts";

/** Writes what the Log shows, as it is filtered, to a new file: one JSON object a line, oldest first. */
export function exportLog(control: Control): void {
  const rows = logRows(control.store.snapshot());
  const name = `gt-log-${new Date(control.store.snapshot().now).toISOString().slice(0, 19).replaceAll(":", "")}.jsonl`;
  const lines = rows
    .toReversed()
    .map(({ at, type, actor, rig, target, message }) =>
      JSON.stringify({ time: new Date(at).toISOString(), type, actor, rig, about: target, message }),
    );
  // Never over a file that is there.
  writeFile(name, `${lines.join("\n")}\n`, { flag: "wx" }).then(
    () => control.toast("good", `wrote ${rows.length} events to ${name}`),
    (error: Error) => control.toast("bad", `cannot write ${name}: ${error.message}`),
  );
}
