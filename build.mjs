// Bundles the programs into dist/: one entry per process, shared code split into chunks that load lazily.
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { copyFile, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { builtinModules } from "node:module";
import { join, relative } from "node:path";
import { build } from "esbuild";

const root = import.meta.dirname;

// A Node that is too old for the product never ends here; the repository brings its own, as bin/launch.js knows.
if (Number.parseInt(process.versions.node, 10) < 22) {
  const own = join(root, "node_modules/node/bin/node");
  const { status } = spawnSync(own, [import.meta.filename, ...process.argv.slice(2)], { stdio: "inherit" });
  process.exit(status ?? 1);
}

/** Each is one file, because loading fifty small ones takes longer than running. */
const commandPrograms = { gt: "src/ui/cli/gt.ts", bd: "src/ui/cli/bd.ts" };

/**
 * What agents call at each prompt, as files that hold nothing else: `<program>-<first word>.js`, preferred by bin/launch.js,
 * made of src/ui/cli/quick/. With each, the commands it holds, and the branch of the tree on which they are.
 */
const quickPrograms = {
  "gt-heartbeat": { branch: "gt/heartbeat.spec.ts heartbeatCommands", held: ["gt/heartbeat.ts"] },
  "gt-hook": { branch: "gt/hook.spec.ts hookCommands", held: ["gt/hook-status.ts", "gt/hook-show.ts"] },
  "gt-mail": { branch: "gt/mail.spec.ts mailCommands", held: ["gt/mail-check.ts"] },
  "gt-prime": { branch: "gt/prime.spec.ts primeCommands", held: ["gt/prime.ts"] },
  "gt-tap": { branch: "gt/tap.spec.ts tapCommands", held: ["gt/tap-hook.ts", "gt/tap-guard.ts"] },
  "bd-show": { branch: "bd/read.spec.ts readCommands", held: ["bd/show.ts"] },
  "bd-ready": { branch: "bd/read.spec.ts readCommands", held: ["bd/ready.ts"] },
};

/** Each is started by a file of its own (`startingFile`). */
const longLivedPrograms = {
  "host-main": "src/agents/sessions/host-main.ts",
  "daemon-main": "src/agents/daemon/daemon-main.ts",
};

/** What is imported is compiled before the importing file runs, so that the cache has to be on before there is an import. */
const startingFile = (program) => `process.getBuiltinModule("node:module").enableCompileCache?.();
await import("./${program}.js");
`;

/** The terminal UI, which `gt` loads when a person wants it. */
const terminalUi = { tui: "src/ui/tui/launch-tui.ts" };

/** Hooks that git runs for whoever works in a repository. bin/git-hook stands in for each, under its name. */
const gitHooks =
  "applypatch-msg pre-applypatch post-applypatch pre-commit pre-merge-commit prepare-commit-msg commit-msg post-commit " +
  "pre-rebase post-checkout post-merge pre-push pre-auto-gc post-rewrite sendemail-validate";

/**
 * The text of a module that loads another one when one of its exports is first used.
 */
function lazyModule(load, exported) {
  // A module that is a function or an object with methods of a class has to be it, and is there at once.
  if (typeof exported === "function" || exported === process) return `module.exports = ${load};`;
  const names = Object.keys(exported).filter((name) => name !== "default");
  return `const load = () => ${load};
for (const name of ${JSON.stringify(names)})
  Object.defineProperty(exports, name, { get: () => load()[name], enumerable: true });`;
}

/** Node's modules are loaded when they are used, not when the program starts. */
const builtinsWhenUsed = {
  name: "builtins-when-used",
  setup({ onResolve, onLoad }) {
    const names = builtinModules
      .filter((name) => !name.startsWith("_"))
      .map((name) => name.replace("/", "\\/"));
    onResolve({ filter: new RegExp(`^(?:node:)?(?:${names.join("|")})$`) }, ({ path }) => ({
      path: path.replace(/^node:/, ""),
      namespace: "builtin",
    }));
    onLoad({ filter: /.*/, namespace: "builtin" }, ({ path }) => ({
      contents: lazyModule(`process.getBuiltinModule("node:${path}")`, process.getBuiltinModule(path)),
    }));
  },
};

/** The terminal UI is large and most commands never show it. */
const terminalUiApart = {
  name: "terminal-ui-apart",
  setup({ onResolve }) {
    onResolve({ filter: /\/tui\/launch-tui\.ts$/ }, () => ({ path: "./tui.js", external: true }));
  },
};

/** Large packages that few commands use: files of their own, loaded when the code that uses them runs. */
const largePackages = [
  "zod",
  "yaml",
  "chokidar",
  "simple-git",
  "nodemailer",
  "@iarna/toml",
  "@xterm/headless",
  "@xterm/addon-unicode-graphemes",
];
const packageFile = (name) => `packages/${name.replace(/[@/]+/g, "-").replace(/^-/, "")}`;

/** What an importer of the package sees; a package in the old module format hides its names behind the default. */
async function exportsOf(name) {
  const { default: fallback, ...named } = await import(name);
  return { ...(typeof fallback === "object" ? fallback : {}), ...named };
}

const largePackagesApart = {
  name: "large-packages-apart",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: new RegExp(`^(?:${largePackages.join("|")})$`) }, ({ path }) => ({
      path,
      namespace: "large-package",
    }));
    onResolve({ filter: /^\.\/packages\//, namespace: "large-package" }, ({ path }) => ({
      path,
      external: true,
    }));
    onLoad({ filter: /.*/, namespace: "large-package" }, async ({ path }) => ({
      contents: lazyModule(`require("./${packageFile(path)}.cjs")`, await exportsOf(path)),
    }));
  },
};

/**
 * SQLite's JavaScript inside the program: it is ten small files, each of which has to be found. The native part stays where
 * it is installed. Only for programs that load nothing with another copy, for a copy knows its own errors alone.
 */
const sqliteInside = {
  name: "sqlite-inside",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^better-sqlite3$/ }, () => ({ path: "better-sqlite3", namespace: "sqlite" }));
    onLoad({ filter: /.*/, namespace: "sqlite" }, () => ({
      resolveDir: join(root, "node_modules/better-sqlite3/lib"),
      contents: `import createDatabase from "./database.js";
import SqliteError from "./sqlite-error.js";
import { createRequire } from "node:module";
import { join } from "node:path";
let addon;
function native() {
  if (addon === undefined) {
    const load = createRequire(import.meta.url);
    addon = load(join(load.resolve("better-sqlite3"), "../binding.js")).getBinding();
  }
  return addon;
}
const Database = createDatabase(native, true);
Database.SqliteError = SqliteError;
export default Database;`,
    }));
  },
};

/** All other commands, what is known of them and the whole program that has them stay out of a quick program. */
const otherCommandsApart = ({ branch, held }) => ({
  name: "other-commands-apart",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^\.\/(?:bd-)?tree\.ts$/ }, ({ path }) => ({
      path: path === "./tree.ts" ? "gtTree" : "bdTree",
      namespace: "branch",
    }));
    onLoad({ filter: /.*/, namespace: "branch" }, ({ path: tree }) => {
      const [file, name] = branch.split(" ");
      const contents = `export { ${name} as ${tree} } from "./${file}";`;
      return { contents, resolveDir: join(root, "src/ui/cli") };
    });
    onResolve({ filter: /^\.\.\/(?:gt|bd)\.ts$/ }, ({ path }) => ({
      path: path.replace("../", "./").replace(".ts", ".js"),
      external: true,
    }));
    onResolve({ filter: /^\.\.?\/.*\.ts$/ }, ({ path, kind, importer, resolveDir }) => {
      const file = relative(join(root, "src/ui/cli"), join(resolveDir, path));
      const isOther = importer.endsWith(".spec.ts") ? !held.includes(file) : file === "gt/hook-attach.ts";
      return kind === "dynamic-import" && isOther ? { path: file, namespace: "other-command" } : undefined;
    });
    onLoad({ filter: /.*/, namespace: "other-command" }, ({ path }) => ({
      contents: `export function run() { throw new Error("${path} is not part of this file"); }`,
    }));
  },
});

/** A file of a package with one place changed. */
async function patched(path, before, after) {
  const code = await readFile(path, "utf8");
  if (!code.includes(before)) throw new Error(`${path} has changed: see whether it still needs our patch`);
  return { contents: code.replace(before, after) };
}

/**
 * Ink builds every frame anew and measures every text of it again. Nearly all of them are those of the frame before, so in
 * the terminal UI its output remembers rows (src/ui/tui/screen/remember-rows.ts), and string-width remembers widths.
 */
const inkRemembers = {
  name: "ink-remembers",
  setup({ onLoad }) {
    onLoad({ filter: /\/ink\/build\/output\.js$/ }, ({ path }) =>
      patched(
        path,
        "export default class Output",
        `import { rememberRows } from "${join(root, "src/ui/tui/screen/remember-rows.ts")}";
export default rememberRows(class Output`,
      ).then(({ contents }) => ({
        contents: contents.replace(/\}\s*(?=\/\/# sourceMappingURL|$)/, "}, styledCharsToString);\n"),
      })),
    );
    // Only for whoever develops Ink itself, and needs a package that is not here.
    onLoad({ filter: /\/ink\/build\/devtools\.js$/ }, () => ({ contents: "" }));
    onLoad({ filter: /\/string-width\/index\.js$/ }, ({ path }) =>
      patched(
        path,
        "export default function stringWidth(",
        `import { rememberWidths } from "${join(root, "src/ui/tui/screen/remember-widths.ts")}";
export default rememberWidths(stringWidth);
function stringWidth(`,
      ),
    );
  },
};

/**
 * The widths of characters are unpacked from a Buffer that shares its memory with others, and its header was read from where
 * that memory begins: from whatever the process had in a Buffer first ("Data error", or wrong widths).
 */
const graphemesReadTheirOwnBytes = {
  name: "graphemes-read-their-own-bytes",
  setup({ onLoad }) {
    onLoad({ filter: /\/addon-unicode-graphemes\/lib\/.*js$/ }, ({ path }) =>
      patched(path, "new DataView(e.buffer)", "new DataView(e.buffer,e.byteOffset)"),
    );
  },
};

/** The layout engine asks `fetch` for code that it has with it, and that loads all of Node's network code. */
const yogaWithoutFetch = {
  name: "yoga-without-fetch",
  setup({ onLoad }) {
    onLoad({ filter: /\/yoga-layout\/dist\/binaries\/.*\.js$/ }, async ({ path }) => ({
      contents: (await readFile(path, "utf8"))
        .replaceAll('"function"==typeof fetch', "false")
        .replaceAll('"function"!=typeof fetch', "true"),
    }));
  },
};

const settings = {
  absWorkingDir: root,
  outdir: "dist",
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node22",
  jsx: "automatic",
  minifySyntax: true,
  sourcemap: false,
  legalComments: "none",
  // Native modules and packages that resolve files of their own at run time stay outside.
  external: ["better-sqlite3", "node-pty", "blessed"],
  define: { "process.env.DEV": '"false"', "process.env.NODE_ENV": '"production"' },
  banner: {
    js: `const require = (id) => process.getBuiltinModule(id) ?? process.getBuiltinModule("node:module").createRequire(import.meta.url)(id);`,
  },
  logLevel: "warning",
};

/**
 * A single character outside of Latin-1, as esbuild leaves them in regular expressions, makes V8 keep the whole program in two
 * bytes a character: a tenth of the time that a command takes to start. Where esbuild leaves them, an escape says the same.
 */
async function escapeNonAscii(file) {
  const text = await readFile(file, "utf8");
  const escaped = text.replace(
    /[^\0-\x7f]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  if (escaped !== text) await writeFile(file, escaped);
}

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
    ...settings,
    entryPoints: longLivedPrograms,
    splitting: true,
    chunkNames: "[name]-[hash]",
    plugins: [builtinsWhenUsed, largePackagesApart],
  });
  await build({
    ...settings,
    entryPoints: terminalUi,
    minifyWhitespace: true,
    plugins: [inkRemembers, yogaWithoutFetch, builtinsWhenUsed, largePackagesApart],
  });
  await build({
    ...settings,
    entryPoints: commandPrograms,
    minifyWhitespace: true,
    plugins: [terminalUiApart, builtinsWhenUsed, largePackagesApart],
  });
  for (const [name, program] of Object.entries(quickPrograms)) {
    await build({
      ...settings,
      entryPoints: { [name]: `src/ui/cli/quick/${name}.ts` },
      minifyWhitespace: true,
      plugins: [
        terminalUiApart,
        builtinsWhenUsed,
        largePackagesApart,
        sqliteInside,
        otherCommandsApart(program),
      ],
    });
  }
  await build({
    ...settings,
    entryPoints: Object.fromEntries(largePackages.map((name) => [packageFile(name), name])),
    format: "cjs",
    outExtension: { ".js": ".cjs" },
    banner: {},
    plugins: [graphemesReadTheirOwnBytes],
  });
  for (const program of Object.keys(longLivedPrograms))
    await writeFile(join(root, "dist", `${program.replace("-main", "")}.js`), startingFile(program));
  for (const file of await readdir(join(root, "dist"), { recursive: true }))
    if (/\.c?js$/.test(file)) await escapeNonAscii(join(root, "dist", file));
  await mkdir(join(root, "dist/git-hooks"), { recursive: true });
  for (const name of gitHooks.split(" "))
    await copyFile(join(root, "bin/git-hook"), join(root, "dist/git-hooks", name));
}
