import { rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const root = join(import.meta.dirname, "../../..");
let built: Promise<string> | undefined;

/** The TUI's program for these tests, bundled once per test process; its file. */
export function tuiProgram(): Promise<string> {
  built ??= buildProgram();
  return built;
}

async function buildProgram(): Promise<string> {
  // Inside the repository, so that the packages left outside of the bundle are found.
  const outdir = join(root, "node_modules", ".cache", `tui-e2e-${process.pid}`);
  await build({
    absWorkingDir: root,
    entryPoints: ["test/e2e/support/tui-main.ts"],
    outdir,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node22",
    jsx: "automatic",
    external: ["better-sqlite3", "node-pty", "blessed", "react-devtools-core"],
    define: { "process.env.NODE_ENV": '"production"' },
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    logLevel: "warning",
  });
  process.on("exit", () => rmSync(outdir, { recursive: true, force: true }));
  return join(outdir, "tui-main.js");
}
