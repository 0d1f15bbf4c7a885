import { chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  type Account,
  type Accounts,
  addAccount,
  readAccounts,
} from "../../../src/agents/accounts/accounts.ts";
import { leastRecent, pickAccount } from "../../../src/agents/accounts/choose-account.ts";
import {
  accountUses,
  clearQuota,
  isLimited,
  type Quota,
  quotas,
} from "../../../src/agents/accounts/quota.ts";
import { planRotation } from "../../../src/agents/accounts/rotate.ts";
import { watchQuota } from "../../../src/agents/accounts/watch-quota.ts";
import type { DaemonContext } from "../../../src/agents/daemon/daemon-context.ts";
import { quotaDuty } from "../../../src/agents/daemon/duties/quota.ts";
import { recoverOperations } from "../../../src/agents/lifecycle/recover-operations.ts";
import type { HostServer } from "../../../src/agents/sessions/host-server.ts";
import type { SessionHost } from "../../../src/agents/sessions/session-host.ts";
import { startAgentSession } from "../../../src/agents/sessions/start-session.ts";
import type { TownAccess } from "../../../src/agents/town-access.ts";
import { PlainTown } from "../../support/plain-town.ts";
import { startQuickHost } from "../../support/quick-host.ts";
import { runGt } from "../../support/run-cli.ts";
import { waitFor } from "../../support/wait-for.ts";

let town: PlainTown;
let access: TownAccess;
let ownHost: HostServer | undefined;
const address = "greenplace/polecats/toast";
beforeEach(async () => {
  town = new PlainTown();
  access = await town.access();
});
afterEach(async () => {
  await ownHost?.close({ force: true });
  ownHost = undefined;
  await town.dispose();
});

const account = (handle: string, provider = "claude"): Account => ({
  ...{ handle, provider, email: "", description: "", configDir: `/accounts/${handle}` },
});
const known = (...all: readonly Account[]): Accounts => ({
  accounts: new Map(all.map((each) => [each.handle, each])),
  default: all[0]?.handle,
});
const add = (handle: string, provider = "claude") =>
  addAccount(town.town, { handle, provider, email: "", description: "", env: { HOME: town.root } });

test("the asked-for account wins, then the default, and while that is limited the one that rested longest", () => {
  const accounts = known(account("a"), account("b"), account("c"), account("x", "codex"));
  const wish = { handle: "", provider: "claude" };
  const now = 1000;
  expect(pickAccount(accounts, new Map(), wish, now)?.handle).toBe("a");
  const limited = { limitedAt: 1, resetsAt: 2000 };
  const quota = new Map<string, Quota>([
    ["a", limited],
    ["b", { lastUsed: 900 }],
    ["c", { lastUsed: 100 }],
  ]);
  expect(pickAccount(accounts, quota, wish, now)?.handle).toBe("c");
  expect(pickAccount(accounts, quota, wish, 2001)?.handle).toBe("a");
  expect(pickAccount(accounts, quota, { ...wish, handle: "a" }, now)?.handle).toBe("a");
  expect(pickAccount(accounts, quota, { handle: "", provider: "codex" }, now)).toBeUndefined();
  expect(pickAccount(accounts, quota, { handle: "x", provider: "claude" }, now)).toBeUndefined();
  expect(() => pickAccount(accounts, quota, { ...wish, handle: "zz" }, now)).toThrow(
    "account 'zz' not found",
  );
  expect(leastRecent(accounts, quota, "claude", now).map(({ handle }) => handle)).toEqual(["c", "b"]);
  expect(isLimited({ limitedAt: 1 }, now)).toBe(true);
});

test("an account is added once, with a directory of its own; the first is the default", async () => {
  const first = await add("work");
  expect(first.configDir).toBe(join(town.root, ".claude-accounts", "work"));
  await add("home");
  expect(readAccounts(town.town)).toMatchObject({ default: "work" });
  await expect(add("work")).rejects.toThrow("account 'work' already exists");
  await expect(add("../x")).rejects.toThrow('invalid account name "../x"');
  await expect(add("z", "amp")).rejects.toThrow("'amp' has no directory for each account");
  town.write("mayor/accounts.json", { version: 1, accounts: { work: { email: "a" } } });
  expect(() => readAccounts(town.town)).toThrow("accounts.work.config_dir: a directory is needed");
});

test("a session begins with its account's directory, and it is remembered who uses which", async () => {
  await town.polecat("toast");
  await add("work");
  const command = join(town.root, "claude");
  town.write(
    "claude",
    "#!/bin/sh\nprintenv GT_ACCOUNT CLAUDE_CONFIG_DIR > $GT_TOWN_ROOT/said\nprintf '❯ '\nsleep 1000\n",
  );
  chmodSync(command, 0o755);
  town.write("settings/config.json", {
    default_agent: "fake",
    agents: { fake: { provider: "claude", command } },
  });
  await startAgentSession(access, { address, topic: "start" });
  const said = await waitFor(
    () => {
      const text = readFileSync(join(town.root, "said"), "utf8");
      return text.includes("accounts/work\n") ? text : undefined;
    },
    { timeoutMs: 30_000, what: "the agent's environment" },
  );
  expect(said).toBe(`work\n${join(town.root, ".claude-accounts", "work")}\n`);
  expect([...(await accountUses(access.ledger))]).toEqual([[address, "work"]]);
});

test("a session at its limit goes on with another account, also when the rotation is killed on the way", async () => {
  await town.polecat("toast");
  for (const handle of ["a", "b", "c"]) await add(handle);
  // At its limit with the first account, content with any other.
  const command = join(town.root, "claude");
  town.write(
    "claude",
    `#!/bin/sh
echo "$GT_ACCOUNT $CLAUDE_CONFIG_DIR" >> $GT_TOWN_ROOT/said
[ "$GT_ACCOUNT" = c ] || echo "You've hit your session limit · resets 3pm"
printf '❯ '
sleep 1000
`,
  );
  chmodSync(command, 0o755);
  town.write("settings/config.json", {
    default_agent: "fake",
    agents: { fake: { provider: "claude", command } },
  });
  const { created } = await access.ledger.write("overseer", [
    { op: "create", bead: { title: "Paint", scope: "greenplace" }, as: "bead" },
    { op: "hook", address, bead: "$bead" },
    { op: "setAgent", address, fields: { state: "working", hookState: "active" } },
  ]);
  ownHost = await startQuickHost(town.town);
  await startAgentSession(access, { address, topic: "start", bead: created[0] ?? "" });
  const host = await access.host();
  const limited = () =>
    waitFor(async () => (await host.get("gp-toast"))?.phase === "limited", { what: "the limit" });
  await limited();
  const watched = new AbortController();
  const told: unknown[] = [];
  await watchQuota(access, {
    ...{ intervalMs: 20, isPlan: false, signal: watched.signal },
    tell: (plan) => {
      told.push(...plan);
      watched.abort();
    },
    warn: (problem) => told.push(problem),
  });
  expect(told).toMatchObject([{ session: "gp-toast", from: "a", to: "b" }]);
  await limited();
  const killed = await runGt(["quota", "rotate"], {
    cwd: town.root,
    env: { GT_TEST_CRASH: "handoff.ended", HOME: town.root },
  });
  expect(killed.signal).toBe("SIGKILL");
  expect((await host.get("gp-toast"))?.phase).toBe("exited");
  expect(await recoverOperations(access)).toMatchObject([{ kind: "handoff", outcome: "resumed" }]);
  expect(await host.get("gp-toast")).toMatchObject({ bead: created[0], topic: `resumed:${created[0]}` });
  const said = () => readFileSync(join(town.root, "said"), "utf8").trimEnd().split("\n");
  await waitFor(() => said().length === 3, { what: "the third session" });
  const home = (handle: string) => `${handle} ${join(town.root, ".claude-accounts", handle)}`;
  expect(said()).toEqual(["a", "b", "c"].map(home));
  expect([...(await accountUses(access.ledger))]).toEqual([[address, "c"]]);
});

test("limited sessions are spread over the accounts that are free, and nothing else is touched", async () => {
  await expect(planRotation(access, {})).rejects.toThrow("need at least 2 accounts for rotation (have 0)");
  for (const handle of ["a", "b", "c"]) await add(handle);
  const names = ["one", "two", "three"];
  const limited = names.map((name) => ({
    ...{ session: `gp-${name}`, actor: `greenplace/polecats/${name}` },
    ...{ phase: name === "three" ? "idle" : "limited", limitedUntil: access.clock.now() + 60_000 },
  }));
  await access.ledger.write(
    "overseer",
    names.map((name) => ({
      op: "putRow" as const,
      table: "account_uses",
      key: `greenplace/polecats/${name}`,
      value: "a",
    })),
  );
  const host = { list: () => Promise.resolve(limited) } as unknown as SessionHost;
  const there = { ...access, host: () => Promise.resolve(host) };
  expect(await planRotation(there, {})).toEqual([
    { session: "gp-one", address: "greenplace/polecats/one", from: "a", to: "b" },
    { session: "gp-two", address: "greenplace/polecats/two", from: "a", to: "c" },
  ]);
  expect(isLimited((await quotas(access.ledger)).get("a"), access.clock.now())).toBe(true);
  expect(await planRotation(there, { from: "b" })).toEqual([]);
  await expect(planRotation(there, { from: "zz" })).rejects.toThrow("account 'zz' not found");
  for (const handle of ["b", "c"])
    await access.ledger.write("overseer", [
      { op: "putRow", table: "quota", key: handle, value: { limitedAt: 1 } },
    ]);
  await expect(planRotation(there, {})).rejects.toThrow(
    "2 sessions rate-limited but no available accounts to rotate to",
  );
  // The daemon says so once, and looks again while they wait.
  const said: string[] = [];
  const log = { info: (line: string) => said.push(line) };
  const duty = quotaDuty({ ...there, log, isOperational: () => true } as unknown as DaemonContext);
  for (const _ of [1, 2])
    expect(await duty.run(new AbortController().signal)).toEqual({ againMs: 5 * 60_000 });
  expect(said).toEqual([
    "quota: 2 sessions rate-limited but no available accounts to rotate to; the sessions wait for the end of their limits",
  ]);
  await clearQuota(access.ledger, "overseer", "b");
  expect(await planRotation(there, {})).toMatchObject([{ to: "b" }, { to: "b" }]);
});
