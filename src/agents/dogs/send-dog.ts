import type { Bead } from "../../core/ledger/bead.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import { composeFitting } from "../../core/mail/compose-fitting.ts";
import type { Rig } from "../../core/town/town.ts";
import { formatTime } from "../../core/clock.ts";
import { droppingMolecule } from "../lifecycle/attached-molecule.ts";
import { type Attachment, replaceAttachment } from "../lifecycle/attachment.ts";
import { dispatcherNote } from "../lifecycle/dispatcher-note.ts";
import { hookEvents } from "../lifecycle/hook-events.ts";
import { stopAgentSession, startAgentSession } from "../sessions/start-session.ts";
import type { SessionRecord } from "../sessions/session-host.ts";
import type { TownAccess } from "../town-access.ts";
import { claimDog, dogWorkLabel, freeDog, noDog } from "./dog-pool.ts";
import { dogAddress, readyDogWorktree } from "./dog-worktree.ts";

export interface Errand {
  readonly bead: Bead;
  /** Shown as its work; the bead's id by default. */
  readonly work?: string;
  /** This dog and no other. */
  readonly dog?: string;
  /** The named dog may be new. */
  readonly create?: boolean;
  /** Somebody slung it: the history says so, and the dog has mail about it. */
  readonly isSlung?: boolean;
  /** Rig whose files it needs; a worktree at the default branch is made ready. */
  readonly rig?: Rig;
  /** Runtime instead of the role's. */
  readonly agent?: string;
  /** Account of the runtime. */
  readonly account?: string;
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
    ...(errand.create === true ? { create: true } : {}),
    ...(errand.timeoutMs === undefined ? {} : { timeoutMs: errand.timeoutMs }),
  });
  if (dog === undefined) throw noDog();
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
              attached_at: formatTime(access.clock.now()),
            }),
          },
        },
      },
      ...hookEvents({ bead: bead.id, address, isSlung: errand.isSlung === true }),
      ...(errand.isSlung === true ? workMail(access, address, errand) : []),
    ]);
    // Whatever is left of an earlier job would answer for this one.
    await stopAgentSession(access, address, "stopped");
    const record = await startAgentSession(access, {
      address,
      topic: `task:${bead.id}`,
      bead: bead.id,
      ...(errand.agent === undefined ? {} : { agentOverride: errand.agent }),
      ...(errand.account === undefined ? {} : { account: errand.account }),
      note: dispatcherNote(errand.attachment ?? {}),
    });
    return { dog, address, record, warnings };
  } catch (error) {
    await freeDog(access, dog, { result: "failed", work });
    throw error;
  }
}

/** It goes when the job is over (`freeDog`): the next one is another. */
function workMail(access: TownAccess, to: string, { bead, attachment = {} }: Errand): readonly Operation[] {
  const body = [`Work on your hook: ${bead.id}`, dispatcherNote(attachment)].join("\n").trim();
  const draft = {
    from: access.actor,
    to: [to],
    subject: `WORK: ${bead.title}`,
    body,
    labels: [dogWorkLabel],
  };
  return composeFitting(draft, access.random).operations;
}
