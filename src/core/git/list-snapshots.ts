import { lookWithGit } from "./look-with-git.ts";

export interface HookSnapshot {
  readonly seq: number;
  readonly ref: string;
  readonly commit: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly reason: string;
  readonly bead: string;
  readonly assignment: number;
  readonly branch: string;
  readonly head: string;
  readonly session: string;
  /** The git operation that was under way, e.g. `merge`; "" mostly. */
  readonly operation: string;
  /** What a person said about it; "" mostly. */
  readonly note: string;
}

const unit = "\u001f";
const recordEnd = "\u001e";

/** Below which refs the snapshots of a place are. */
export function snapshotRefs(place: string): string {
  return `refs/gt/hooks/${place}`;
}

/** The ref of one of them. */
export const refOf = (place: string, seq: number): string =>
  `${snapshotRefs(place)}/${String(seq).padStart(6, "0")}`;

/** All snapshots of a place, newest first. `repository` may be the shared one or any worktree of it. */
export async function listSnapshots(repository: string, place: string): Promise<readonly HookSnapshot[]> {
  return readSnapshots(repository, `${snapshotRefs(place)}/`);
}

/** What the submodule has of a snapshot of its parent; undefined when there was nothing to keep. */
export async function submoduleSnapshot(
  submodule: string,
  { ref }: HookSnapshot,
): Promise<HookSnapshot | undefined> {
  return (await readSnapshots(submodule, ref))[0];
}

async function readSnapshots(repository: string, pattern: string): Promise<readonly HookSnapshot[]> {
  const fields = ["%(refname)", "%(objectname)", "%(committerdate:unix)", "%(contents:body)"];
  const output = await lookWithGit(repository, [
    "for-each-ref",
    "--sort=-refname",
    `--format=${fields.join(unit)}${recordEnd}`,
    pattern,
  ]);
  return output.split(recordEnd).flatMap((record): HookSnapshot[] => {
    const [ref = "", commit = "", time = "", body = ""] = record.trimStart().split(unit);
    const seq = Number(/\/(\d+)$/.exec(ref)?.[1]);
    if (!Number.isInteger(seq)) return [];
    const trailer = (name: string): string => new RegExp(`^Gt-${name}: ?(.*)$`, "m").exec(body)?.[1] ?? "";
    return [
      {
        seq,
        ref,
        commit,
        time: Number(time) * 1000,
        reason: trailer("Reason"),
        bead: trailer("Bead"),
        assignment: Number(trailer("Seq")),
        branch: trailer("Branch"),
        head: trailer("Head"),
        session: trailer("Session"),
        operation: trailer("Operation"),
        note: trailer("Note"),
      },
    ];
  });
}
