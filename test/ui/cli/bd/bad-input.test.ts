import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openLedger } from "../../../../src/core/ledger/open-ledger.ts";
import { type BeadJson, bdRepository } from "../../../support/bd-repository.ts";
import { runBd } from "../../../support/run-cli.ts";
import { temporaryDirectory } from "../../../support/temporary-directory.ts";

it("scenario 24: bad values are refused with their message, in text and in JSON, and nothing is written", async () => {
  const repository = await bdRepository();
  const cases: readonly (readonly [readonly string[], string])[] = [
    [["create"], "title is required"],
    [["create", ""], "title is required"],
    [["create", "x", "-p", "high"], 'invalid priority "high" (use 0-4 or P0-P4)'],
    [["create", "x", "-t", "nope"], 'invalid issue type "nope" (valid: '],
    [
      ["create", "x", "--due", "someday"],
      'cannot parse time "someday" (examples: +6h, tomorrow, 2026-01-15)',
    ],
    [["create", "x", "--metadata", "{"], "metadata is not a valid JSON object"],
    [["create", "x", "--metadata", '{"a b": 1}'], 'invalid metadata key "a b"'],
    [["create", "y".repeat(501)], "title too long: 501 characters (maximum 500)"],
    [["create", "x", "-e", "-3"], "estimate must be a non-negative number of minutes"],
    [["create", "x", "--ephemeral", "--no-history"], "--ephemeral and --no-history are mutually exclusive"],
    [["create", "x", "--deps", "nonsense:y"], 'unknown dependency type "nonsense"'],
    [["create", "x", "-l", "z".repeat(256)], "label too long (maximum 255)"],
    [["create", "x", "--id", "zz-1"], 'prefix mismatch: "zz-1" does not start with a known prefix (demo)'],
    [["create", "a", "b"], 'unexpected argument "b"'],
    [["create", "x", "-d", "one", "--stdin"], "only one of --description, --stdin"],
    [["create", "x", "--body-file", "missing.txt"], "cannot read missing.txt: no such file"],
    [["list", "-s", "bogus"], 'invalid status "bogus" (valid: open, '],
    [["list", "ready"], 'list takes no arguments, got "ready"'],
    [["list", "--limit", "some"], '--limit: "some" is not a whole number'],
  ];
  for (const [args, message] of cases) {
    const [text, json] = await Promise.all([repository.bd(args), repository.bd([...args, "--json"])]);
    expect([args.join(" "), text.code, json.code]).toEqual([args.join(" "), 2, 2]);
    expect(text.stderr.split("\n")[0]).toContain(`Error: ${message}`);
    expect(text.stdout).toBe("");
    expect(json.json<{ error: string }>().error).toContain(message);
  }
  expect(await repository.json("list", "--all")).toEqual([]);
  const id = await repository.create("labelled");
  for (const label of ["a,b", "a\nb", ""]) {
    const refused = await repository.bd(["label", "add", id, label, "--json"]);
    expect([label, refused.code, refused.json()]).toEqual([
      label,
      2,
      expect.objectContaining({ error: expect.stringContaining("label") }),
    ]);
  }
  expect((await repository.json<BeadJson[]>("show", id))[0]?.["labels"] ?? []).toEqual([]);
});

it("says what is missing outside a repository with beads", async () => {
  const cwd = temporaryDirectory();
  const result = await runBd(["list", "--json"], { cwd });
  expect(result.code).toBe(1);
  expect(result.json()).toMatchObject({ code: "no_database", error: "no beads database found" });
  expect(result.stderr).toContain("hint: run 'bd init', or set BEADS_DIR");
});

it("creates nothing when one dependency is wrong", async () => {
  const repository = await bdRepository();
  const result = await repository.bd(["create", "half", "--deps", "demo-zzzzz"]);
  expect(result.code).toBe(3);
  expect(await repository.json("list", "--all")).toEqual([]);
});

it("keeps what a hostile text contains and shows none of it to a terminal", async () => {
  const repository = await bdRepository();
  const title = "\u001b]0;pwn\u0007red \u001b[31mtitle\u202eevil\u0085\u200b";
  const description = "line\r\n\u001b[2Jcleared\u0000nul";
  writeFileSync(join(repository.path, "d.txt"), description);
  const created = await repository.bd(["create", title, "--body-file", "d.txt", "-l", "a\u001b[1mb"]);
  expect(created.code).toBe(0);
  for (const args of [
    ["list"],
    ["list", "--flat"],
    ["show", "--current"],
    ["ready"],
    ["show", "--current", "--short"],
  ]) {
    const { stdout, stderr } = await repository.bd(args, { env: { CLICOLOR_FORCE: "0" } });
    expect(stdout + stderr).toContain("red title");
    expect(stdout + stderr).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e\u200b]/);
  }
  const shown = await repository.bd(["list", "--json"]);
  expect(shown.stdout).not.toMatch(/[\u001b\u0085\u202e\u0000]/);
  expect(shown.json<BeadJson[]>()[0]).toMatchObject({ title });
});

it("shows nothing of a hostile text to a terminal, whichever command prints it", {
  timeout: 180_000,
}, async () => {
  const repository = await bdRepository();
  const evil = "\u001b[2J\u001b]8;;http://x\u0007\u202e\u009b31mred\u0000\u200b";
  const label = evil.replaceAll("\u0000", "");
  const bead = (id: string, more: object) =>
    JSON.stringify({
      ...{
        id,
        title: `${id} ${evil}`,
        description: evil,
        design: evil,
        notes: evil,
        acceptance_criteria: evil,
      },
      ...{ assignee: evil, owner: evil, external_ref: evil, spec_id: evil, labels: [label, `mode:${label}`] },
      metadata: { key: evil, mr: { branch: evil } },
      comments: [{ id: `c-${id}`, author: evil, text: evil, created_at: "2026-01-06T09:00:00Z" }],
      created_by: evil,
      ...more,
    });
  const edge = (to: string, type = "blocks") => ({ depends_on_id: to, type });
  const lines = [
    bead("demo-a", {}),
    bead("demo-b", { dependencies: [edge("demo-a"), edge(`external:x:${evil}`, evil.slice(0, 20))] }),
    bead("demo-e", { issue_type: "epic" }),
    bead("demo-k", { dependencies: [edge("demo-e", "parent-child")], status: "closed", close_reason: evil }),
    bead("demo-g", { issue_type: "gate", await_type: "bead", await_id: evil, waiters: [evil] }),
    bead("demo-t", { issue_type: evil.slice(0, 10) }),
  ];
  const imported = await repository.bd(["import", "-"], { input: lines.join("\n") });
  expect([imported.code, imported.stderr]).toEqual([0, "Imported 6 issues from -\n"]);
  expect((await repository.bd(["remember", "-", "--key", "k"], { input: evil })).code).toBe(0);
  const commands =
    `list --all|list --all --flat|list --all --long|list --format dot|ready|ready --explain|blocked|show demo-a
    |show demo-b --long|show demo-e --children|show demo-a --refs|show demo-g|show demo-k|children demo-e|search red|query status=open
    |count --by-assignee|count --by-label|count --by-type|stats --group-by actor|stale -d 0|history demo-a|audit|changes
    |activity|graph demo-b|graph demo-b --dot|graph --all --compact|lint|dep list demo-b|dep tree demo-b|dep tree demo-b --format mermaid
    |comments demo-a|label list demo-a|label list-all|state list demo-a|epic status|epic close-eligible --dry-run|duplicates
    |gate list|gate show demo-g|gate check|memories|recall k|delete demo-a|purge|prune --pattern *|close demo-b|update demo-a --claim
    |show ${evil.replaceAll(/[\u0000|]/g, "")}|doctor|sync --no-push|sql SELECT title FROM issues`
      .split("|")
      .map((command) => command.trim());
  const look = async (command: string) => {
    const [first = "", ...words] = command.split(" ");
    const args = first === "sql" ? [first, words.join(" ")] : [first, ...words];
    const { stdout, stderr } = await repository.bd(args);
    const leak = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e\u200b]|defect/.exec(stdout + stderr)?.[0];
    if (leak !== undefined) leaks.push(`${command}: ${JSON.stringify(leak)}`);
  };
  const leaks: string[] = [];
  for (let n = 0; n < commands.length; n += 4) await Promise.all(commands.slice(n, n + 4).map(look));
  expect(leaks).toEqual([]);
  const file = readFileSync(join(repository.path, ".beads/issues.jsonl"), "utf8");
  const kept = file
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as BeadJson);
  expect(kept.map(({ id }) => id)).toEqual(["a", "b", "e", "g", "k", "t"].map((name) => `demo-${name}`));
  expect(kept[0]?.["description"]).toBe(evil);
});

it("takes four megabytes of text and refuses one byte more", async () => {
  const repository = await bdRepository();
  const limit = 4 * 1024 * 1024;
  writeFileSync(join(repository.path, "fits.txt"), "x".repeat(limit));
  const id = await repository.create("big", "--body-file", "fits.txt");
  expect(String((await repository.json<BeadJson[]>("show", id))[0]?.["description"])).toHaveLength(limit);
  writeFileSync(join(repository.path, "more.txt"), "x".repeat(limit + 1));
  const refused = await repository.bd(["update", id, "--body-file", "more.txt"]);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain(`description too large: ${limit + 1} bytes (maximum ${limit})`);
});

it("scenario 11: finds beads by parts of their ids and says when that is not enough", async () => {
  const repository = await bdRepository();
  await repository.create("one", "--id", "demo-abc12");
  await repository.create("two", "--id", "demo-abc19");
  const ambiguous = await repository.bd(["show", "abc1"]);
  expect(ambiguous.code).toBe(4);
  expect(ambiguous.stderr).toMatch(/ambiguous ID "abc1" matches 2 issues: demo-abc12,? demo-abc19/);
  expect((await repository.json<BeadJson[]>("show", "abc12"))[0]?.id).toBe("demo-abc12");
  expect((await repository.json<BeadJson[]>("show", "demoabc19"))[0]?.id).toBe("demo-abc19");
  const none = await repository.bd(["show", "zz"]);
  expect([none.code, none.stderr.split("\n")[0]]).toEqual([3, 'Error: no issue found matching "zz"']);
  expect((await repository.bd(["create", "again", "--id", "demo-abc12"])).code).toBe(4);
});

it("refuses to write when it was told to read only", async () => {
  const repository = await bdRepository();
  const result = await repository.bd(["create", "x", "--readonly"]);
  expect(result.code).toBe(1);
  expect(result.stderr).toContain("operation 'create' is not allowed in read-only mode");
});

it("scenario 11: knows prefixes that begin with each other apart", async () => {
  const repository = await bdRepository("gt");
  const ledger = await openLedger({ path: join(repository.path, ".beads/beads.db") });
  for (const prefix of ["me", "me-py"])
    await ledger.write("x", [{ op: "registerPrefix", prefix, scope: prefix, path: prefix }]);
  await ledger.close();
  for (const id of ["gt-abc12", "gt-abc19", "me-py-k3x9a"]) await repository.create(id, "--id", id);
  const shown = async (input: string) => (await repository.json<BeadJson[]>("show", input))[0]?.id;
  const two = await repository.bd(["show", "abc1"]);
  expect([two.code, two.stderr]).toEqual([4, expect.stringContaining("gt-abc12, gt-abc19")]);
  expect(await shown("k3x9a")).toBe("me-py-k3x9a");
  expect(await shown("gtabc12")).toBe("gt-abc12");
});
