// Writes the references that are made from the program's own tables.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bdProgram } from "../src/ui/cli/bd-program.ts";
import { commandReference } from "../src/ui/cli/command-reference.ts";
import { gtProgram } from "../src/ui/cli/gt-program.ts";
import { runtimesDocument } from "../src/agents/runtimes/runtimes-document.ts";
import { keysDocument } from "../src/ui/tui/keys-document.ts";

const observations = JSON.parse(readFileSync(join(import.meta.dirname, "conformance.json"), "utf8"));

writeFileSync(join(import.meta.dirname, "keys.md"), keysDocument());
writeFileSync(join(import.meta.dirname, "runtimes.md"), runtimesDocument(observations));
writeFileSync(join(import.meta.dirname, "commands.md"), commandReference([gtProgram, bdProgram]));
