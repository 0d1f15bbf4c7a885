import { newConvoy } from "../../core/convoys/new-convoy.ts";
import { moleculeRecord } from "../../core/formulas/molecule-record.ts";
import type { Bead } from "../../core/ledger/bead.ts";
import { namedBead } from "../../core/ledger/named-bead.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import type { Rig } from "../../core/town/town.ts";
import type { TownAccess } from "../town-access.ts";
import { droppingMolecule } from "./attached-molecule.ts";
import { attachmentFor } from "./attachment-for.ts";
import { type Attachment, attachmentOf, attemptsOf, replaceAttachment } from "./attachment.ts";
import { hookEvents } from "./hook-events.ts";
import type { OperationJournal } from "./operation-record.ts";
import type { Seat } from "./polecat-pool.ts";
import type { HolderState } from "./preserve-holder.ts";
import type { SlingData } from "./sling-data.ts";
import type { SlingOptions } from "./sling-request.ts";
import { tellOfTakeOver } from "./tell-of-take-over.ts";
import { type Guide, guideOrWarning, type Workflow } from "./work-formula.ts";

/** What is hooked to whom, and by what it is to be worked on. */
export interface CommitParts {
  readonly rig: Rig;
  readonly options: SlingOptions;
  /** The convoy to make for the bead, unless one tracks it already. */
  readonly convoy: { readonly make: boolean; readonly id?: string };
  readonly workflow: Workflow | undefined;
  readonly bead: Bead;
  readonly seat: Seat;
  readonly branch: string;
  readonly base: string;
  readonly baseSha: string;
  readonly holder: HolderState | undefined;
}

export interface Committed {
  readonly convoy?: { readonly id: string; readonly title: string };
  readonly workflow?: { readonly formula: string; readonly molecule: string };
  readonly warnings: readonly string[];
}

/** Step `commit`: bead, agents, convoy and events in one batch, or nothing of it. */
export async function commitDispatch(
  access: TownAccess,
  journal: OperationJournal<SlingData>,
  parts: CommitParts,
): Promise<Committed> {
  const { bead, seat, holder, rig, options, convoy } = parts;
  const title = `Work: ${bead.title}`;
  const convoyId = convoy.make ? namedBead("convoy") : convoy.id;
  const warnings: string[] = [];
  const guide = await guideOf(access, parts, warnings);
  const operations: Operation[] = [
    {
      op: "expect",
      id: bead.id,
      expected: {
        status: statusesNow(bead),
        assignee: bead.assignee,
        // Handed in meanwhile: it must not be done twice.
        metadata: { awaiting_merge: bead.metadata["awaiting_merge"] },
      },
    },
    { op: "expectAgent", address: seat.address, expected: { state: "spawning" } },
    ...(convoy.make
      ? newConvoy({
          title,
          owner: access.actor,
          issues: [bead.id],
          prose: `Auto-created convoy tracking ${bead.id}`,
          ...(options.owned === true ? { owned: true } : {}),
          fields: {
            ...(options.merge === undefined ? {} : { merge: options.merge }),
            ...(options.baseBranch === undefined ? {} : { base_branch: options.baseBranch }),
          },
        })
      : []),
    {
      op: "hook",
      address: seat.address,
      bead: bead.id,
      replace: holder !== undefined || options.force === true,
    },
    ...(guide?.operations ?? (await droppingMolecule(access.ledger, bead, "replaced"))),
    // A patch keeps what an object says already; variables of an earlier sling are none of this one's.
    ...(attachmentOf(bead).vars === undefined
      ? []
      : [{ op: "update", id: bead.id, fields: { metadata: { attachment: { vars: null } } } } as const]),
    {
      op: "update",
      id: bead.id,
      fields: {
        metadata: {
          attachment: replaceAttachment({
            ...attachmentFor(access, options, convoyId),
            ...ownFormula(bead),
            ...guide?.attachment,
          }),
          recovery: { attempts: attemptsOf(bead) + 1 },
          awaiting_merge: null,
        },
      },
    },
    {
      op: "setAgent",
      address: seat.address,
      fields: {
        hookState: "active",
        mode: options.ralph === true ? "ralph" : "",
        branch: parts.branch,
        baseBranch: parts.base,
        baseSha: parts.baseSha,
        exitType: "",
        mrId: "",
        mrFailed: false,
        pushFailed: false,
        completionTime: null,
        cleanupStatus: "",
        restarts: 0,
        crashLoopSince: null,
        lastOp: journal.id,
      },
    },
    ...(holder?.operations ?? []),
    ...(holder === undefined
      ? []
      : tellOfTakeOver(access, { bead: bead.id, from: holder.address, to: seat.address })),
    ...hookEvents({
      ...{ bead: bead.id, address: seat.address, rig: rig.name, isSlung: true },
      facts: {
        ...(guide === undefined ? {} : { formula: guide.formula }),
        ...(options.agent === undefined ? {} : { agent: options.agent }),
        ...(convoyId === undefined ? {} : { convoy: convoyId }),
      },
    }),
  ];
  const made = convoy.make ? { convoy: namedBead("convoy") } : {};
  await journal.step("session", { isCommitted: true, ...made }, operations);
  const id = journal.data.convoy ?? convoy.id;
  return {
    ...(id === undefined ? {} : { convoy: { id, title: convoy.make ? title : "" } }),
    ...(guide === undefined ? {} : { workflow: { formula: guide.formula, molecule: guide.molecule } }),
    warnings,
  };
}

async function guideOf(
  access: TownAccess,
  { workflow, rig, options, bead, seat, base }: CommitParts,
  warnings: string[],
): Promise<Guide | undefined> {
  if (workflow === undefined) return undefined;
  const guide = await guideOrWarning(access, {
    ...{ workflow, bead, rig, address: seat.address, baseBranch: base, vars: options.vars ?? {} },
  });
  if (!("warning" in guide)) return guide;
  warnings.push(guide.warning);
  return undefined;
}

/** A molecule that is slung by itself says of which formula it is. */
function ownFormula(bead: Bead): Attachment {
  const record = moleculeRecord(bead);
  if (record === undefined) return {};
  return {
    ...{ formula: record.formula, formula_version: record.version },
    ...(record.review_only === true ? { review_only: true } : {}),
  };
}

/** A holder may claim its bead while it is being taken from it; that changes nothing. */
const statusesNow = (bead: Bead): readonly string[] =>
  bead.status === "hooked" || bead.status === "in_progress" ? ["hooked", "in_progress"] : [bead.status];
