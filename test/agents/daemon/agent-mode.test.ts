import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Daemon } from "../../../src/agents/daemon/daemon.ts";
import { openDaemonLog } from "../../../src/agents/daemon/daemon-log.ts";
import { liveSession } from "../../../src/agents/lifecycle/agent-session.ts";
import { sendMail } from "../../../src/agents/mail/send-mail.ts";
import { runGt } from "../../support/run-cli.ts";
import { PlainTown } from "../../support/plain-town.ts";
import { waitFor } from "../../support/wait-for.ts";

const slow = { timeoutMs: 30_000 };
let town: PlainTown;
let daemon: Daemon;
beforeEach(async () => {
  town = new PlainTown();
  town.write("settings/config.json", {
    default_agent: "script",
    role_agents: { witness: "ghost" },
    agents: {
      ghost: { command: "no-such-binary" },
      script: {
        provider: "generic",
        command: "sh",
        args: ["-c", "printf '> '; while read -r line; do echo \"got $line\"; printf '> '; done"],
        prompt_mode: "arg",
        ready_prompt: "> ",
      },
    },
  });
  town.write("mayor/daemon.json", { patrols: { witness: { mode: "agent" }, deacon: { mode: "agent" } } });
  await town.access();
  daemon = await Daemon.start(town.town, openDaemonLog(join(town.root, "daemon.log")));
});
afterEach(async () => {
  await daemon.stop();
  await town.dispose();
});

test("roles that run as agents get sessions, which come back when they die, and read their mail themselves", async () => {
  const access = await town.access();
  const session = (address: string) => liveSession(access, address);
  const first = await waitFor(() => session("greenplace/witness"), { ...slow, what: "the witness" });
  await waitFor(() => session("deacon/"), { ...slow, what: "the deacon" });
  expect(first).toMatchObject({ session: "gp-witness", topic: "patrol" });
  await waitFor(async () => (await access.ledger.agent("greenplace/witness"))?.state === "running", slow);

  process.kill(first.pid, "SIGKILL");
  await waitFor(
    async () => {
      const now = await session("greenplace/witness");
      return now !== undefined && now.runId !== first.runId;
    },
    { ...slow, what: "the next session" },
  );
  // Its own runtime is not installed: it runs with the default one, and that is said once at each start.
  const notInstalled =
    'role_agents[witness]=ghost: binary "no-such-binary" not found in PATH, falling back to default';
  expect(first.agent).toBe("script");
  const log = readFileSync(join(town.root, "daemon.log"), "utf8");
  expect(log.split(notInstalled)).toHaveLength(3);
  await sendMail(access, { from: "mayor/", to: ["deacon/"], subject: "Look", body: "around" }, "quietly");
  await waitFor(async () => (await access.ledger.rows("duties", { prefix: "wake/" })).length === 0);
  const [mail] = await access.ledger.find({ type: "message", assignee: "deacon/" });
  expect(mail, "code leaves the mail of an agent alone").toMatchObject({ status: "open", title: "Look" });

  await daemon.stop(); // else it may be quicker than the command
  const givenUp = { series: { restartedAt: [], crashLoopSince: 1 }, isGivenUp: true };
  const memory = { table: "patrols", key: "role:greenplace/witness" };
  await access.ledger.write("daemon", [{ op: "putRow", ...memory, value: givenUp }]);
  const { stderr, stdout } = await runGt(["witness", "restart", "greenplace"], {
    cwd: town.root,
    env: { GT_NO_DAEMON: "1" },
  });
  expect(stderr).toBe(`warning: ${notInstalled}\n`);
  expect(stdout).toContain("greenplace/witness runs (script)");
  expect(
    await access.ledger.row(memory.table, memory.key),
    "8.4: a manual start ends a crash loop",
  ).toBeUndefined();
}, 90_000);
