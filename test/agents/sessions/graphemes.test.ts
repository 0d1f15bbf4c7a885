import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

test("the shipped widths of characters do not depend on what the process had in memory before", () => {
  const packages = join(import.meta.dirname, "../../../dist/packages");
  // What is loaded later finds its bytes behind these, in the same memory.
  const program = `
    Buffer.from("\\0".repeat(64));
    const { UnicodeGraphemesAddon } = require("${packages}/xterm-addon-unicode-graphemes.cjs");
    const { Terminal } = require("${packages}/xterm-headless.cjs");
    const terminal = new Terminal({ cols: 20, rows: 3, allowProposedApi: true });
    terminal.loadAddon(new UnicodeGraphemesAddon());
    terminal.unicode.activeVersion = "15-graphemes";
    terminal.write("\u{1f469}\u200d\u{1f467}\u6f22x", () => console.log(terminal.buffer.active.cursorX));`;
  expect(execFileSync(process.execPath, ["--eval", program], { encoding: "utf8" })).toBe("5\n");
});
