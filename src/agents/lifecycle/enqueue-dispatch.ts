import { newConvoy } from "../../core/convoys/new-convoy.ts";
import type { Bead } from "../../core/ledger/bead.ts";
import { enqueueSling, openContexts } from "../../core/scheduler/sling-context.ts";
import { numberSetting } from "../../core/town/setting.ts";
import type { Rig, Town } from "../../core/town/town.ts";
import type { TownAccess } from "../town-access.ts";
import type { SlingOptions } from "./sling-request.ts";

/** Whether slings to rigs are queued for the scheduler instead of started at once (spec/04 §2.2, spec/05 §9.1). */
export function isDeferred(town: Town, options: SlingOptions): boolean {
  return options.isDirect !== true && numberSetting(town.settings(), "scheduler.max_polecats") > 0;
}

export interface Enqueued {
  /** Id of the queued sling. */
  readonly context: string;
  readonly convoy?: { readonly id: string; readonly title: string };
  /** It was queued before. */
  readonly noop: boolean;
}

/** Queues the bead; the scheduler starts it when there is room. The work bead itself stays as it is (spec/05 §9.2). */
export async function enqueueDispatch(
  access: TownAccess,
  bead: Bead,
  rig: Rig,
  request: {
    readonly options: SlingOptions;
    readonly makeConvoy: boolean;
    /** The account is closed until then; milliseconds since the epoch. */
    readonly limitedUntil?: number;
  },
): Promise<Enqueued> {
  const { ledger, actor, clock } = access;
  const [queued] = (await openContexts(ledger, bead.id)).contexts;
  if (queued !== undefined) return { context: queued.id, noop: true };
  const { options, limitedUntil } = request;
  const title = `Work: ${bead.title}`;
  const { named, created } = await ledger.write(actor, [
    { op: "expect", id: bead.id, expected: { status: bead.status, assignee: bead.assignee } },
    ...(request.makeConvoy
      ? newConvoy({
          title,
          owner: actor,
          issues: [bead.id],
          prose: `Auto-created convoy tracking ${bead.id}`,
          ...(options.owned === true ? { owned: true } : {}),
          fields: {
            ...(options.merge === undefined ? {} : { merge: options.merge }),
            ...(options.baseBranch === undefined ? {} : { base_branch: options.baseBranch }),
          },
        })
      : []),
    ...enqueueSling(
      {
        bead: bead.id,
        rig: rig.name,
        reason: limitedUntil === undefined ? "sling" : "rate_limit",
        enqueued_at: clock.now(),
        ...(limitedUntil === undefined ? {} : { not_before: limitedUntil }),
        ...(options.args === undefined ? {} : { args: options.args }),
        ...(options.subject === undefined ? {} : { subject: options.subject }),
        ...(options.message === undefined ? {} : { message: options.message }),
        ...(options.account === undefined ? {} : { account: options.account }),
        ...(options.merge === undefined ? {} : { merge: options.merge }),
        ...(options.baseBranch === undefined ? {} : { base_branch: options.baseBranch }),
        ...(options.noMerge === true ? { no_merge: true } : {}),
        ...(options.reviewOnly === true ? { review_only: true } : {}),
        ...(options.agent === undefined ? {} : { agent: options.agent }),
        ...(options.ralph === true ? { mode: "ralph" as const } : {}),
        ...(options.formula === undefined ? {} : { formula: options.formula }),
        ...(options.vars === undefined ? {} : { vars: options.vars }),
        ...(options.raw === true ? { raw: true } : {}),
      },
      bead.title,
    ),
  ]);
  const convoy = named["convoy"];
  return {
    context: created.at(-1) ?? "",
    ...(convoy === undefined ? {} : { convoy: { id: convoy, title } }),
    noop: false,
  };
}
