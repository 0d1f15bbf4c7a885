import type { Settings } from "../settings.ts";
import type { SyncMode, SyncOptions } from "./sync-scope.ts";

type SettledBySettings = "mode" | "branch" | "remote" | "sign" | "force" | "skipPush";

/** What `sync.*`, `git.sign` and `no-push` say about every sync (spec/01 §10.9). */
export function syncSettings(settings: Settings): Pick<SyncOptions, SettledBySettings> {
  return {
    mode: settings.text("sync.mode") as SyncMode,
    branch: settings.text("sync.branch"),
    remote: settings.text("sync.remote"),
    sign: settings.isOn("git.sign"),
    ...(settings.isOn("sync.mass-delete-guard") ? {} : { force: true }),
    ...(settings.isOn("no-push") ? { skipPush: true } : {}),
  };
}
