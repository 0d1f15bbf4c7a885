// Writes the references that are made from the program's own tables.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { keysDocument } from "../src/ui/tui/keys-document.ts";

writeFileSync(join(import.meta.dirname, "keys.md"), keysDocument());
