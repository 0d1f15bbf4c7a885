import { expect, test } from "vitest";
import { tellOfConvoys } from "../../../src/agents/mail/tell-of-convoys.ts";
import { noteRegressions } from "../../../src/agents/patrols/watch-convoys.ts";
import { allNudges } from "../../../src/agents/sessions/nudge-queue.ts";
import type { SessionHost, SessionRecord } from "../../../src/agents/sessions/session-host.ts";
import type { TownAccess } from "../../../src/agents/town-access.ts";
import { createConvoy, watchConvoy } from "../../../src/core/convoys/change-convoy.ts";
import { findConvoy } from "../../../src/core/convoys/find-convoy.ts";
import { checkConvoys } from "../../../src/core/convoys/landing.ts";
import { readEvents } from "../../../src/core/events/read-events.ts";
import { PlainTown } from "../../support/plain-town.ts";

test("who watches by nudge is nudged once when the convoy lands, without mail; opened work is a regression, told once", async () => {
  const town = new PlainTown();
  try {
    const watcher = await town.polecat("toast");
    const real = await town.access("daemon");
    // Its agent is busy: what it is told waits in its queue.
    const session = { session: "gp-toast", phase: "working", actor: watcher } as SessionRecord;
    const host = { get: async () => session, deliver: async () => "queued" } as unknown as SessionHost;
    const access: TownAccess = { ...real, host: async () => host };
    const { ledger } = access;
    const { created } = await ledger.write("overseer", [
      { op: "create", bead: { title: "One", scope: "greenplace" } },
    ]);
    const [one = ""] = created;
    const { id } = await createConvoy(ledger, "overseer", {
      name: "Deploy",
      issues: [one],
      owner: "overseer",
    });
    await watchConvoy(ledger, "overseer", await findConvoy(ledger, id), {
      address: watcher,
      list: "nudge_watchers",
    });

    await ledger.write("overseer", [{ op: "close", id: one, close: { reason: "done" } }]);
    await checkConvoys(ledger, "daemon", Date.now());
    for (let look = 0; look < 2; look++) await tellOfConvoys(access);
    const told = await allNudges(ledger);
    expect(told).toMatchObject([{ to: watcher, session: "gp-toast" }]);
    expect(told[0]?.message).toContain("Convoy landed: Deploy");
    expect(told[0]?.message).toContain(`gt convoy show ${id}`);
    const mail = await ledger.find({ type: "message" });
    expect(mail.map(({ assignee }) => assignee)).toEqual(["overseer"]);

    await noteRegressions(access);
    const regressions = () => readEvents(town.town.paths.events, { filter: { types: ["convoy_regressed"] } });
    expect(regressions()).toEqual([]);
    await ledger.write("overseer", [{ op: "reopen", id: one, reason: "it is not" }]);
    for (let look = 0; look < 2; look++) await noteRegressions(access);
    expect(regressions()).toMatchObject([{ payload: { convoy: id, beads: [one] } }]);
    expect(await ledger.get(id), "it stays closed").toMatchObject({
      ...{ status: "closed", metadata: { convoy: { outcome: "landed", regressed: true } } },
    });
  } finally {
    await town.dispose();
  }
}, 60_000);
