import { GtError } from "../../core/gt-error.ts";
import type { Bead } from "../../core/ledger/bead.ts";
import type { Rig } from "../../core/town/town.ts";
import { droppingMolecule } from "../lifecycle/attached-molecule.ts";
import { type Attachment, replaceAttachment } from "../lifecycle/attachment.ts";
import { stopAgentSession, startAgentSession } from "../sessions/start-session.ts";
import type { SessionRecord } from "../sessions/session-host.ts";
import type { TownAccess } from "../town-access.ts";
import { claimDog, freeDog } from "./dog-pool.ts";
import { dogAddress, readyDogWorktree } from "./dog-worktree.ts";

export interface Errand {
  readonly bead: Bead;
  /** Shown as its work; the bead's id by default. */
  readonly work?: string;
  /** This dog and no other. */
  readonly dog?: string;
  /** Rig whose files it needs; a worktree at the default branch is made ready. */
  readonly rig?: Rig;
  /** Runtime instead of the role's. */
  readonly agent?: string;
  readonly attachment?: Attachment;
  /** How long it may take; by default as long as any chore. */
  readonly timeoutMs?: number;
}

export interface SentDog {
  readonly dog: string;
  readonly address: string;
  readonly record: SessionRecord;
  readonly warnings: readonly string[];
}

/**
 * Gives a bead to a dog and starts its session (spec/04 §2.7, §10.3). `E_NO_DOG` when all are busy. When the session
 * cannot be started, the bead is as it was and the dog free.
 */
export async function sendDog(access: TownAccess, errand: Errand): Promise<SentDog> {
  const { bead } = errand;
  const work = errand.work ?? bead.id;
  const dog = await claimDog(access, {
    work,
    kind: "session",
    ...(errand.dog === undefined ? {} : { name: errand.dog }),
    ...(errand.timeoutMs === undefined ? {} : { timeoutMs: errand.timeoutMs }),
  });
  if (dog === undefined)
    throw new GtError("E_NO_DOG", "all dogs are working", {
      why: ["there are as many as operational.daemon.max_dogs allows"],
      hint: "gt dog list",
    });
  const address = dogAddress(dog);
  try {
    const warnings = errand.rig === undefined ? [] : await readyDogWorktree(access, errand.rig, dog);
    await access.ledger.write(access.actor, [
      { op: "expect", id: bead.id, expected: { status: bead.status, assignee: bead.assignee } },
      { op: "hook", address, bead: bead.id, replace: true },
      ...(await droppingMolecule(access.ledger, bead, "replaced")),
      {
        op: "update",
        id: bead.id,
        fields: {
          metadata: {
            attachment: replaceAttachment({
              ...errand.attachment,
              dispatched_by: access.actor,
              attached_at: new Date(access.clock.now()).toISOString(),
            }),
          },
        },
      },
    ]);
    // Whatever is left of an earlier job would answer for this one.
    await stopAgentSession(access, address, "stopped");
    const record = await startAgentSession(access, {
      address,
      topic: `task:${bead.id}`,
      bead: bead.id,
      ...(errand.agent === undefined ? {} : { agentOverride: errand.agent }),
    });
    return { dog, address, record, warnings };
  } catch (error) {
    await freeDog(access, dog, { result: "failed", work });
    throw error;
  }
}
