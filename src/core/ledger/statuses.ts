import { GtError } from "../gt-error.ts";
import type { Status } from "./bead.ts";

export type StatusCategory = "active" | "wip" | "done" | "frozen";

/** Built-in statuses with their category (spec/01 §2.2). */
export const builtInStatuses: ReadonlyMap<Status, StatusCategory> = new Map<Status, StatusCategory>([
  ["open", "active"],
  ["in_progress", "wip"],
  ["hooked", "wip"],
  ["blocked", "wip"],
  ["deferred", "frozen"],
  ["pinned", "frozen"],
  ["closed", "done"],
]);

/** The statuses of one ledger: built-in and custom ones. */
export class Statuses {
  readonly categories: ReadonlyMap<Status, StatusCategory>;
  /** Statuses of beads that block nobody and are never blocked, as an SQL list. */
  readonly settledSql: string;
  /** Statuses in which a bead may be ready, as an SQL list. */
  readonly readySql: string;
  /** Statuses hidden from a default listing. */
  readonly hidden: readonly Status[];
  readonly hasCustomActive: boolean;

  constructor(custom: ReadonlyMap<Status, StatusCategory>) {
    this.categories = new Map([...builtInStatuses, ...custom]);
    const settled = [...this.categories]
      .filter(([status]) => this.isSettled(status))
      .map(([status]) => status);
    const ready = [...this.categories]
      .filter(([, category]) => category === "active")
      .map(([status]) => status);
    this.settledSql = settled.map((status) => `'${status}'`).join(", ");
    this.readySql = ready.map((status) => `'${status}'`).join(", ");
    this.hidden = [
      ...settled,
      ...[...custom].filter(([, category]) => category === "frozen").map(([name]) => name),
    ];
    this.hasCustomActive = ready.length > 1;
  }

  isSettled(status: Status): boolean {
    return status === "pinned" || this.categories.get(status) === "done";
  }

  /** `E_INVALID` (exit 2) unless the status exists. */
  check(status: Status): void {
    if (this.categories.has(status)) return;
    throw new GtError(
      "E_INVALID",
      `invalid status "${status}" (valid: ${[...this.categories.keys()].join(", ")})`,
      {
        exitCode: 2,
      },
    );
  }
}

const namePattern = /^[a-z][a-z0-9_-]*$/;

/** Reads config `status.custom`: comma list of `name[:category]`. `E_INVALID` (exit 2) names what is wrong. */
export function parseCustomStatuses(text: string): ReadonlyMap<Status, StatusCategory> {
  const custom = new Map<Status, StatusCategory>();
  for (const part of text.split(",")) {
    const item = part.trim();
    if (item === "") continue;
    const [name = "", category = "wip", ...rest] = item.split(":");
    if (!namePattern.test(name) || rest.length > 0) throw invalid(`invalid custom status "${item}"`);
    if (builtInStatuses.has(name)) throw invalid(`custom status "${name}" is a built-in status`);
    if (custom.has(name)) throw invalid(`custom status "${name}" is named twice`);
    if (!isCategory(category))
      throw invalid(
        `invalid category "${category}" of custom status "${name}" (valid: active, wip, done, frozen)`,
      );
    custom.set(name, category);
  }
  if (custom.size > 50) throw invalid(`too many custom statuses: ${custom.size} (maximum 50)`);
  return custom;
}

function isCategory(text: string): text is StatusCategory {
  return text === "active" || text === "wip" || text === "done" || text === "frozen";
}

function invalid(message: string): GtError {
  return new GtError("E_INVALID", message, { exitCode: 2 });
}
