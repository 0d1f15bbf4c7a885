import { GtError } from "../../core/gt-error.ts";
import type { WaitingRequest } from "../../core/merge/open-requests.ts";
import type { Fact } from "../../core/merge/queue-state.ts";
import type { LandingCommit } from "../../core/merge/run-record.ts";
import { escalation, settleEscalations } from "./escalate.ts";
import { landPullRequest, type PullRequestOutcome } from "./land-pull-request.ts";
import { lookAgain } from "./look-again.ts";
import type { TargetPlace } from "./push-target.ts";
import type { QueueContext } from "./queue-context.ts";
import { quarantine, readRequest, setFailureAside } from "./set-aside.ts";

const refusedHoldMs = 5 * 60_000;

/** The pull requests of one run: they land one at a time, and the machine asks again for the rest (spec/05 §3.3). */
export class PullRequestRun {
  /** How those that were merged got onto the target. */
  readonly mergedAs = new Map<string, { readonly commit: string; readonly by: "queue" | "pr" }>();
  /** Those that are not to be tried again before a time. */
  readonly holds = new Map<string, { readonly reason: string; readonly until: number }>();
  readonly failed: string[] = [];
  readonly closed: string[] = [];
  readonly #context: QueueContext;
  /** Somebody else merged in between: the target is not what was gated. */
  #hasDrifted = false;

  constructor(context: QueueContext) {
    this.#context = context;
  }

  /** Lands the item at this position (from 0) of the run. */
  async land(
    request: WaitingRequest,
    item: LandingCommit,
    position: number,
    place: TargetPlace,
  ): Promise<readonly Fact[]> {
    if (this.#hasDrifted) return [{ t: "pushFailed", kind: "moved" }];
    const { clock } = this.#context.access;
    const outcome = await this.#attempt(request, item, place);
    const gone: readonly Fact[] = [
      { t: "withdrawn", id: item.id },
      { t: "pushFailed", kind: "waiting" },
    ];
    switch (outcome.outcome) {
      case "merged":
        this.#hasDrifted = !outcome.isExact;
        this.mergedAs.set(item.id, { commit: outcome.commit, by: outcome.by });
        return [{ t: "pushed", upTo: position + 1 }];
      case "waiting":
        this.holds.set(item.id, outcome);
        return [{ t: "pushFailed", kind: "waiting" }];
      case "failed":
        await lookAgain(async () => {
          const mr = await readRequest(this.#context, item.id);
          if (mr !== undefined && mr.status !== "closed") await setFailureAside(this.#context, mr, outcome);
        });
        this.failed.push(item.id);
        return gone;
      case "closed":
        await lookAgain(() => quarantine(this.#context, item.id, "pr_closed", "its pull request was closed"));
        this.closed.push(item.id);
        return gone;
      case "refused":
        this.#context.tell(`⚠ ${item.id}: ${outcome.text}`);
        this.holds.set(item.id, { reason: "awaiting_checks", until: clock.now() + refusedHoldMs });
        return [{ t: "pushFailed", kind: "waiting" }];
    }
  }

  async #attempt(
    request: WaitingRequest,
    item: LandingCommit,
    place: TargetPlace,
  ): Promise<PullRequestOutcome> {
    try {
      const outcome = await landPullRequest(this.#context, request, item, place);
      await settleEscalations(this.#context, ["gh_unavailable"]);
      return outcome;
    } catch (error) {
      if (!(error instanceof GtError) || !["E_GH", "E_VCS_PROVIDER"].includes(error.code)) throw error;
      const { access, actor, rig } = this.#context;
      await access.ledger.write(
        actor,
        await escalation(this.#context, {
          severity: "medium",
          topic: "gh_unavailable",
          title: `Pull requests of ${rig.name} cannot be handled: ${error.message}`,
          reason: [...error.why, error.hint ?? ""].join("\n"),
        }),
      );
      return { outcome: "refused", text: error.message };
    }
  }
}
