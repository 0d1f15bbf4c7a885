// Bundles the programs into dist/: one entry per process, shared code split into chunks that load lazily.
import { rmSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";

const root = import.meta.dirname;
const entryPoints = {
  gt: "src/ui/cli/gt.ts",
  bd: "src/ui/cli/bd.ts",
  host: "src/agents/sessions/host-main.ts",
  daemon: "src/agents/daemon/daemon-main.ts",
};

async function newest(dir) {
  let latest = 0;
  for (const entry of await readdir(dir, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    latest = Math.max(latest, (await stat(join(entry.parentPath, entry.name))).mtimeMs);
  }
  return latest;
}

async function isFresh() {
  const built = await stat(join(root, "dist/gt.js")).catch(() => undefined);
  return built !== undefined && built.mtimeMs >= (await newest(join(root, "src")));
}

if (!(process.argv.includes("--if-stale") && (await isFresh()))) {
  rmSync(join(root, "dist"), { recursive: true, force: true });
  await build({
    absWorkingDir: root,
    entryPoints,
    outdir: "dist",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node22",
    jsx: "automatic",
    minifySyntax: true,
    sourcemap: false,
    legalComments: "none",
    chunkNames: "chunks/[name]-[hash]",
    // Native modules and packages that resolve files of their own at run time stay outside.
    external: ["better-sqlite3", "node-pty", "blessed", "react-devtools-core"],
    define: { "process.env.DEV": '"false"', "process.env.NODE_ENV": '"production"' },
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    logLevel: "warning",
  });
}
