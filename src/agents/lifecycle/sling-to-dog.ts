import { GtError } from "../../core/gt-error.ts";
import type { Bead } from "../../core/ledger/bead.ts";
import { expectNoStop } from "../daemon/emergency-stop.ts";
import { resolveRuntime } from "../runtimes/resolve-runtime.ts";
import { sessionOfAddress } from "../sessions/start-session.ts";
import type { TownAccess } from "../town-access.ts";
import { admitSling } from "./admit-sling.ts";
import { attachmentFor } from "./attachment-for.ts";
import type { Dispatch } from "./dispatch-polecat.ts";
import { expectDiskSpace } from "./rig-admission.ts";
import type { SlingOptions } from "./sling-request.ts";
import { takeOver } from "./take-over.ts";

/** A chore for the town's own helpers: a session in the dog's place, with the files of the bead's rig (spec/04 §2.7). */
export async function slingToDog(
  access: TownAccess,
  bead: Bead,
  name: string | undefined,
  options: SlingOptions,
): Promise<Dispatch> {
  if (options.formula !== undefined)
    throw new GtError("E_TARGET", "dogs do chores and follow no workflow", {
      hint: `gt sling ${bead.id} <rig> --formula ${options.formula}`,
    });
  const pool = `deacon/dogs${name === undefined ? "" : `/${name}`}`;
  const admission = await admitSling(access, bead.id, { kind: "agent", address: pool }, options);
  const facts = { bead: bead.id, title: bead.title, reused: true, branch: "", base: "", runtime: "" };
  if (admission.verdict === "already")
    return {
      ...{ ...facts, agent: pool, noop: true, warnings: [] },
      session: sessionOfAddress(access.town, pool),
    };
  const wish = {
    ...(name === undefined ? {} : { name }),
    ...(options.create === true ? { create: true } : {}),
  };
  expectNoStop(access.town);
  expectAgentRuntime(access, bead, options.agent);
  await expectDiskSpace(access.town);
  const { previewDog } = await import("../dogs/dog-pool.ts");
  const agent = await previewDog(access, wish);
  if (options.dryRun === true)
    return {
      ...{ ...facts, agent, noop: false, warnings: admission.warnings },
      session: sessionOfAddress(access.town, agent),
    };
  const taken =
    admission.takeOver === undefined
      ? { bead, warnings: [] }
      : await takeOver(access, bead, { from: admission.takeOver, to: pool });
  const rig = access.town.rigOfBead(bead.id);
  const { sendDog } = await import("../dogs/send-dog.ts");
  const sent = await sendDog(access, {
    ...{ bead: taken.bead, isSlung: true },
    ...(wish.name === undefined ? {} : { dog: wish.name }),
    ...(wish.create === true ? { create: true } : {}),
    ...(rig === undefined ? {} : { rig }),
    ...(options.agent === undefined ? {} : { agent: options.agent }),
    ...(options.account === undefined ? {} : { account: options.account }),
    attachment: attachmentFor(access, options),
  });
  return {
    ...facts,
    agent: sent.address,
    session: sent.record.session,
    runtime: sent.record.agent,
    noop: false,
    warnings: [...admission.warnings, ...taken.warnings, ...sent.warnings],
  };
}

/** Scripts are run in a polecat's worktree, where their outcome is handed in; a dog's job is judged. */
function expectAgentRuntime({ town }: TownAccess, bead: Bead, override: string | undefined): void {
  const runtime = resolveRuntime({
    ...{ town, role: "dog", rig: "", name: "" },
    ...(override === undefined ? {} : { override }),
  });
  if (runtime.provider !== "shell") return;
  throw new GtError("E_AGENT_UNSUITABLE", `dogs need an agent; "${runtime.name}" only runs scripts`, {
    why: ["a script runs in a polecat's worktree: sling it to its rig"],
    hint: `gt sling ${bead.id} deacon/dogs --agent claude`,
  });
}
