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
import type { SessionHost } from "../../../src/agents/sessions/session-host.ts";
import { startAgentSession } from "../../../src/agents/sessions/start-session.ts";
import type { TownAccess } from "../../../src/agents/town-access.ts";
import { PlainTown } from "../../support/plain-town.ts";
import { waitFor } from "../../support/wait-for.ts";

let town: PlainTown;
let access: TownAccess;
const address = "greenplace/polecats/toast";
beforeEach(async () => {
  town = new PlainTown();
  access = await town.access();
});
afterEach(() => town.dispose());

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
  await clearQuota(access.ledger, "overseer", "b");
  expect(await planRotation(there, {})).toMatchObject([{ to: "b" }, { to: "b" }]);
});
