import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Daemon } from "../../../src/agents/daemon/daemon.ts";
import { daemonStatus } from "../../../src/agents/daemon/daemon-control.ts";
import { openDaemonLog } from "../../../src/agents/daemon/daemon-log.ts";
import { pauseDeacon, resumeDeacon } from "../../../src/agents/daemon/deacon-pause.ts";
import { sendMail } from "../../../src/agents/mail/send-mail.ts";
import { unreadMail } from "../../../src/core/mail/mailbox.ts";
import { PlainTown } from "../../support/plain-town.ts";
import { waitFor } from "../../support/wait-for.ts";

test("a paused deacon shows that it lives and does nothing else; resumed it reads its mail", async () => {
  const town = new PlainTown();
  town.write("settings/config.json", { operational: { daemon: { heartbeat: "1s" } } });
  await pauseDeacon(town.town, "overseer", "a leak", Date.now());
  const access = await town.access("overseer");
  await sendMail(access, { from: "mayor/", to: ["deacon/"], subject: "Look", body: "around" }, "quietly");
  const daemon = await Daemon.start(town.town, openDaemonLog(join(town.root, "daemon.log")));
  onTestFinished(async () => {
    await daemon.stop();
    await town.dispose();
  });
  const rounds = () => daemonStatus(town.town).duties.find(({ key }) => key === "deacon")?.runs ?? 0;
  await waitFor(() => rounds() >= 2, { timeoutMs: 20_000, what: "its second round" });
  expect(await unreadMail(access.ledger, "deacon/")).toHaveLength(1);
  resumeDeacon(town.town);
  daemon.readMail();
  await waitFor(async () => (await unreadMail(access.ledger, "deacon/")).length === 0, {
    ...{ timeoutMs: 20_000, what: "the mail to be read" },
  });
}, 60_000);
