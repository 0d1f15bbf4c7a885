import { GtError } from "../../gt-error.ts";
import { townTypes } from "../bead-types.ts";
import type { PrefixEntry } from "../ledger.ts";
import { prefixOfId } from "../new-id.ts";

/** Which prefix belongs to which scope (spec/01 §8.3). */
export class PrefixTable {
  readonly entries: readonly PrefixEntry[];
  readonly prefixes: readonly string[];

  constructor(entries: readonly PrefixEntry[]) {
    this.entries = entries;
    this.prefixes = entries.map(({ prefix }) => prefix);
  }

  get isTown(): boolean {
    return this.entries.some(({ scope }) => scope === "town");
  }

  scopeOfPrefix(prefix: string): string | undefined {
    return this.entries.find((entry) => entry.prefix === prefix)?.scope;
  }

  /** Scope of the longest registered prefix that begins the id. */
  scopeOfId(id: string): string | undefined {
    const prefix = prefixOfId(id, this.prefixes);
    return prefix === undefined ? undefined : this.scopeOfPrefix(prefix);
  }

  /** First registered prefix of the scope; `E_SCOPE` (exit 2) when it has none. */
  prefixOfScope(scope: string): string {
    const entry = this.entries.find((candidate) => candidate.scope === scope);
    if (entry !== undefined) return entry.prefix;
    throw new GtError("E_SCOPE", `unknown rig "${scope}"`, {
      exitCode: 2,
      why: [`known: ${[...new Set(this.entries.map((known) => known.scope))].join(", ") || "none"}`],
    });
  }

  /** Where a new bead belongs that names no scope, prefix or parent (spec/01 §8.2). */
  scopeFor(type: string, defaultScope: string | undefined): string {
    if (townTypes.has(type) && this.isTown) return "town";
    if (defaultScope !== undefined) return defaultScope;
    if (this.isTown) return "town";
    return this.entries[0]?.scope ?? "local";
  }
}
