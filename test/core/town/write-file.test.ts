import { execFileSync } from "node:child_process";
import { lstatSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writeFileAtomic } from "../../../src/core/town/write-file.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

test("a file is replaced through a link and keeps its mode; nothing else is left in its directory", async () => {
  const directory = temporaryDirectory();
  const file = join(directory, "real");
  writeFileSync(file, "old", { mode: 0o640 });
  symlinkSync(file, join(directory, "link"));
  await writeFileAtomic(join(directory, "link"), "new");
  expect(readFileSync(file, "utf8")).toBe("new");
  expect(statSync(file).mode & 0o777).toBe(0o640);
  expect(lstatSync(join(directory, "link")).isSymbolicLink()).toBe(true);
  expect(readdirSync(directory).toSorted()).toEqual(["link", "real"]);
});

test("a pipe is written to and stays one: whoever writes to /dev/null as root takes it from nobody", async () => {
  const pipe = join(temporaryDirectory(), "pipe");
  execFileSync("mkfifo", [pipe]);
  const reader = await open(pipe, "r+");
  await writeFileAtomic(pipe, "text");
  const { buffer } = await reader.read(Buffer.alloc(4));
  await reader.close();
  expect(buffer.toString()).toBe("text");
  expect(statSync(pipe).isFIFO()).toBe(true);
});
