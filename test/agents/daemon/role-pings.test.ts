import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Daemon } from "../../../src/agents/daemon/daemon.ts";
import { daemonStatus } from "../../../src/agents/daemon/daemon-control.ts";
import { openDaemonLog } from "../../../src/agents/daemon/daemon-log.ts";
import { liveSession } from "../../../src/agents/lifecycle/agent-session.ts";
import { startMayor } from "../../../src/agents/lifecycle/mayor.ts";
import { sendMail } from "../../../src/agents/mail/send-mail.ts";
import { allNudges } from "../../../src/agents/sessions/nudge-queue.ts";
import { readEvents } from "../../../src/core/events/read-events.ts";
import { PlainTown } from "../../support/plain-town.ts";
import { waitFor } from "../../support/wait-for.ts";

const slow = { timeoutMs: 30_000 };
const agent = (script: string) => ({
  ...{ provider: "generic", command: "sh", prompt_mode: "arg", ready_prompt: "> " },
  args: ["-c", script],
});

test("the daemon starts a role anew that leaves three questions unanswered, pardons one that answers, and asks nobody who is watched or not waited for (spec/04 §10.1)", async () => {
  const town = new PlainTown();
  town.write("settings/config.json", {
    default_agent: "script",
    agents: { script: agent("stty -icanon -echo; printf '> '; exec sleep 1000") },
    operational: {
      daemon: { heartbeat: "200ms", deacon_grace: "1ms" },
      deacon: {
        ...{ stale: "500ms", very_stale: "1h", ping_timeout: "300ms", ping_cooldown: "500ms" },
      },
    },
  });
  town.write("mayor/daemon.json", { patrols: { deacon: { mode: "agent" }, witness: { mode: "agent" } } });
  const log = join(town.root, "daemon.log");
  const daemon = await Daemon.start(town.town, openDaemonLog(log));
  onTestFinished(async () => {
    await daemon.stop();
    await town.dispose();
  });
  const access = await town.access();
  const runOf = async (address: string) => (await liveSession(access, address))?.runId;
  await startMayor(access);
  const addresses = ["deacon/", "greenplace/witness", "mayor/"];
  const first: (string | undefined)[] = [];
  for (const address of addresses)
    first.push((await waitFor(() => liveSession(access, address), { ...slow, what: address })).runId);
  const view = await (await access.host({ start: false })).attach("hq-mayor", {
    ...{ columns: 80, rows: 24, onData() {}, onExit() {} },
  });

  // Long enough for several questions, if anybody asked.
  const looks = () => daemonStatus(town.town).duties.find(({ key }) => key === "roles")?.runs ?? 0;
  const before = looks();
  await waitFor(() => looks() >= before + 8, slow);
  const asked = () => readFileSync(log, "utf8").match(/role \S+: asked.*/g) ?? [];
  expect([asked(), await allNudges(access.ledger)], "a town at rest costs nothing").toEqual([[], []]);

  for (const to of addresses)
    await sendMail(access, { from: "overseer", to: [to], subject: "Look", body: "around" }, "quietly");
  await waitFor(() => asked().some((line) => line.includes("witness")), slow);
  await access.ledger.touchAgent("greenplace/witness", { lastActivity: Date.now() });
  await waitFor(async () => ![undefined, first[0]].includes(await runOf("deacon/")), {
    ...{ ...slow, what: "another deacon" },
  });
  const told = (address: string) => asked().filter((line) => line.startsWith(`role ${address}:`));
  const ask = (count: number) => `role deacon/: asked for a sign of life (${count}/3)`;
  expect(told("deacon/").slice(0, 3)).toEqual([ask(1), ask(2), ask(3)]);
  await waitFor(
    () => readFileSync(log, "utf8").includes("role greenplace/witness: gave a sign of life"),
    slow,
  );
  expect(told("greenplace/witness"), "it has had the chance to take its mail").toHaveLength(1);
  expect(told("mayor/"), "somebody looks at it").toEqual([]);
  expect(await Promise.all(addresses.slice(1).map(runOf))).toEqual(first.slice(1));
  const reason = "no sign of life after 3 health checks";
  const why = () => readEvents(town.town.paths.events).filter(({ payload }) => payload["reason"] === reason);
  await waitFor(() => why().length > 1);
  expect(why()).toMatchObject([
    { type: "session_end", source: "host", payload: { session: "hq-deacon" } },
    { type: "agent_restarted", source: "daemon", payload: { agent: "deacon/" } },
  ]);
  expect(readFileSync(log, "utf8")).toContain(`role deacon/: restart: ${reason}`);
  view.detach();
}, 60_000);
