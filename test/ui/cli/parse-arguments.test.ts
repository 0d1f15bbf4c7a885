import { describe, expect, it } from "vitest";
import type { CommandSpec, Program } from "../../../src/ui/cli/command.ts";
import { gtFlags } from "../../../src/ui/cli/global-flags.ts";
import { type Invocation, parseArguments } from "../../../src/ui/cli/parse-arguments.ts";

const load: CommandSpec["load"] = async () => ({ run: async () => undefined });
const leaf = (name: string, more: Partial<CommandSpec> = {}): CommandSpec => ({
  name,
  summary: name,
  load,
  ...more,
});

const program: Program = {
  name: "gt",
  summary: "test",
  globalFlags: gtFlags,
  synonyms: { ls: "status", "rig health": "status" },
  dropped: { dolt: "the ledger is embedded" },
  printError: async () => undefined,
  commands: [
    leaf("convoy", {
      aliases: ["cv"],
      subcommands: [
        leaf("list", { flags: [{ name: "all", summary: "all" }] }),
        leaf("add", {
          args: [{ name: "id" }, { name: "beads", many: true, optional: true }],
          flags: [
            { name: "notify", value: "address", summary: "who", many: true },
            { name: "limit", short: "n", value: "count", summary: "how many" },
            { name: "force", short: "f", summary: "force" },
            { name: "tags", value: "list", summary: "tags", list: true },
            { name: "merge", value: "mode", summary: "mode", choices: ["mr", "direct"] },
            { name: "wait", summary: "wait", default: "true" },
          ],
        }),
      ],
    }),
    leaf("config"),
    leaf("costs", { hidden: true }),
    { name: "rig", summary: "rig", subcommands: [leaf("list"), leaf("status")] },
    leaf("status"),
    leaf("hook", { args: [{ name: "bead", optional: true }], subcommands: [leaf("status"), leaf("clear")] }),
    leaf("show", { args: [{ name: "bead" }], passThrough: true, flags: [{ name: "cascade", summary: "c" }] }),
    leaf("tap", { lenient: true, args: [{ name: "guard" }] }),
  ],
};

const parse = (...argv: string[]): Invocation => parseArguments(program, argv);
const words = (...argv: string[]) => parse(...argv).path.map((command) => command.name);
const message = (...argv: string[]): string => {
  try {
    parse(...argv);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("nothing was refused");
};

describe("commands", () => {
  it("are found by unique prefixes and aliases at every level", () => {
    expect(words("conv", "li")).toEqual(["convoy", "list"]);
    expect(words("cv", "add", "x")).toEqual(["convoy", "add"]);
  });

  it("list the candidates of an ambiguous prefix, without hidden ones", () => {
    expect(message("co")).toBe('ambiguous command "co": config, convoy');
  });

  it("suggest what was meant", () => {
    expect(message("convyo", "list")).toContain('did you mean "convoy"?');
    expect(message("rig", "lst")).toContain('did you mean "list"?');
    expect(message("ls")).toContain('did you mean "status"?');
    expect(message("rig", "health")).toContain('did you mean "status"?');
  });

  it("say what replaces a name that was dropped", () => {
    expect(() => parse("dolt")).toThrow(
      expect.objectContaining({ why: ["the ledger is embedded"], exitCode: 2 }),
    );
  });

  it("never take an unknown subcommand for an argument of a group", () => {
    expect(message("convoy", "hq-cv-1")).toContain("unknown subcommand");
  });

  it("let a group with arguments have a bead id that looks like a prefix of a subcommand", () => {
    expect(parse("hook", "st")).toMatchObject({ args: ["st"] });
    expect(words("hook", "status")).toEqual(["hook", "status"]);
  });

  it("show their help for --help, for -h and for the word help", () => {
    for (const argv of [
      ["convoy", "--help"],
      ["convoy", "-h"],
      ["convoy", "help"],
      ["convoy", "add", "help"],
    ])
      expect(parse(...argv).wantsHelp).toBe(true);
  });
});

describe("flags", () => {
  const flags = (...argv: string[]) => Object.fromEntries(parse("convoy", "add", "id", ...argv).flags);

  it("take their value from the next word or behind an equals sign", () => {
    expect(flags("--notify", "mayor/", "--limit=5")).toEqual({ notify: ["mayor/"], limit: ["5"] });
  });

  it("may stand before the command, with values", () => {
    const invocation = parse("--town", "/t", "--notify", "a", "convoy", "--force", "add", "id");
    expect(invocation.path.map((command) => command.name)).toEqual(["convoy", "add"]);
    expect(Object.fromEntries(invocation.flags)).toEqual({ town: ["/t"], notify: ["a"], force: ["true"] });
    expect(invocation.args).toEqual(["id"]);
  });

  it("bundle when they are one letter", () => {
    expect(flags("-fn", "3")).toEqual({ force: ["true"], limit: ["3"] });
    expect(flags("-fn3")).toEqual({ force: ["true"], limit: ["3"] });
  });

  it("are switched off by --no-x and by =false", () => {
    expect(flags("--no-wait", "--force=no")).toEqual({ wait: ["false"], force: ["false"] });
  });

  it("collect lists, repeated or separated by commas", () => {
    expect(flags("--tags", "a,b", "--tags", "c", "--notify", "x,y", "--notify", "z")).toEqual({
      tags: ["a", "b", "c"],
      notify: ["x,y", "z"],
    });
  });

  it("are refused when unknown, without value, or with an impossible one", () => {
    expect(message("convoy", "add", "id", "--forse")).toContain('did you mean "--force"?');
    expect(message("convoy", "add", "id", "--notify")).toContain("needs a value");
    expect(message("convoy", "add", "id", "--merge", "mrr")).toContain('did you mean "mr"?');
    expect(message("convoy", "add", "id", "--force=maybe")).toContain("is not true or false");
  });

  it("take a negative number and text that begins with a dash and a space as words", () => {
    expect(parse("convoy", "add", "id", "-5", "- [ ] item").args).toEqual(["id", "-5", "- [ ] item"]);
  });
});

describe("arguments", () => {
  it("behind -- are handed over as they are", () => {
    expect(parse("convoy", "add", "id", "--", "--force", "-x")).toMatchObject({
      args: ["id"],
      rest: ["--force", "-x"],
    });
  });

  it("are counted", () => {
    expect(message("convoy", "add")).toBe("missing argument <id>");
    expect(message("convoy", "list", "extra")).toBe('unexpected argument "extra"');
  });

  it("of a pass-through command keep unknown flags and what follows them, except for its own flags", () => {
    const invocation = parse("show", "gt-1", "--as-of", "5", "--cascade", "-z");
    expect(invocation).toMatchObject({ args: ["gt-1"], rest: ["--as-of", "5", "-z"] });
    expect(invocation.flags.get("cascade")).toEqual(["true"]);
  });

  it("of a hook command are ignored when unknown", () => {
    expect(parse("tap", "guard", "more", "--what")).toMatchObject({
      args: ["guard"],
      ignored: ["--what", "more"],
    });
  });

  it("never bring escape sequences into a message", () => {
    expect(message("\u001b]0;pwn\u0007bad")).not.toContain("\u001b");
    expect(message("status", "a\u202eb")).not.toContain("\u202e");
  });
});
