import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { promisify } from "node:util";
import { freeDiskMb } from "../../core/health/free-disk.ts";
import type { Check } from "./check.ts";

const run = promisify(execFile);
const oldestGit = [2, 25] as const;

export const systemChecks: readonly Check[] = [
  {
    id: "node-version",
    category: "System",
    severity: "error",
    summary: "Node.js is 22 or newer",
    run: async () => {
      const major = Number.parseInt(process.versions.node, 10);
      return major >= 22
        ? undefined
        : { message: `Node.js is ${process.versions.node}`, hint: "nvm install 22" };
    },
  },
  {
    id: "git-version",
    category: "System",
    severity: "error",
    summary: "git is 2.25 or newer",
    run: async () => {
      try {
        const { stdout } = await run("git", ["--version"], { timeout: 10_000 });
        const [major = 0, minor = 0] = (/\d+(?:\.\d+)+/.exec(stdout)?.[0] ?? "0.0").split(".").map(Number);
        const isOld = major < oldestGit[0] || (major === oldestGit[0] && minor < oldestGit[1]);
        return isOld
          ? { message: `git is ${major}.${minor}`, hint: "https://git-scm.com/downloads" }
          : undefined;
      } catch {
        return { message: "there is no git on PATH", hint: "https://git-scm.com/downloads" };
      }
    },
  },
  {
    id: "native-modules",
    category: "System",
    severity: "error",
    summary: "the SQLite and terminal modules load",
    run: async () => {
      const load = createRequire(import.meta.url);
      const broken: string[] = [];
      for (const name of ["better-sqlite3", "node-pty"]) {
        try {
          load(name);
        } catch (error) {
          broken.push(
            `${name}: ${error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error)}`,
          );
        }
      }
      return broken.length === 0
        ? undefined
        : { message: "native modules do not load", details: broken, hint: "npm install -g gastown" };
    },
  },
  {
    id: "git-identity",
    category: "System",
    severity: "warning",
    summary: "git knows who you are",
    run: async ({ env }) => {
      const missing: string[] = [];
      for (const key of ["user.name", "user.email"]) {
        const found = await run("git", ["config", "--get", key], { timeout: 10_000, env }).catch(
          () => undefined,
        );
        if ((found?.stdout ?? "").trim() === "") missing.push(key);
      }
      return missing.length === 0
        ? undefined
        : {
            message: `git does not know ${missing.join(" and ")}`,
            hint: `git config --global ${missing[0]} "..."`,
          };
    },
  },
  {
    id: "disk-space",
    category: "System",
    severity: "error",
    summary: "there is room on the disk",
    run: async ({ root }) => {
      const freeMb = await freeDiskMb(root);
      if (freeMb >= 1024) return undefined;
      return {
        message: `only ${freeMb} MB are free`,
        ...(freeMb >= 500 ? { severity: "warning" as const } : {}),
      };
    },
  },
];
