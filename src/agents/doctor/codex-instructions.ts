import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Rig } from "../../core/town/town.ts";
import { resolveRuntime } from "../runtimes/resolve-runtime.ts";
import type { CheckContext, Finding, RigCheck } from "./check.ts";

/** Codex reads AGENTS.md; a project that has only CLAUDE.md is without instructions for it (spec/03 §1.5). */
export const codexInstructions: RigCheck = {
  id: "codex-instructions",
  category: "Rigs",
  severity: "warning",
  summary: "Codex finds the project's instructions where it runs",
  runForRig: async (context, rig): Promise<Finding | undefined> => {
    const has = (name: string) => existsSync(join(rig.reference, name));
    if (!has("CLAUDE.md") || has("AGENTS.md") || !runsCodex(context, rig)) return undefined;
    const directory = context.env["CODEX_HOME"] || join(context.env["HOME"] ?? homedir(), ".codex");
    const file = join(directory, "config.toml");
    if (/^\s*project_doc_fallback_filenames\s*=\s*\[[^\]]*"CLAUDE\.md"/m.test(readText(file)))
      return undefined;
    return {
      message: `${rig.name} has only CLAUDE.md, which Codex does not read`,
      details: [`${file}: project_doc_fallback_filenames = ["CLAUDE.md"]`],
      hint: `$EDITOR ${file}`,
    };
  },
};

function runsCodex(context: CheckContext, rig: Rig): boolean {
  try {
    return ["polecat", "crew"].some((role) => {
      const request = { town: context.town(), role, rig: rig.name, name: "", env: context.env };
      return resolveRuntime(request).provider === "codex";
    });
  } catch {
    return false; // another check says what is wrong with the settings
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return ""; // Codex has no settings here
  }
}
