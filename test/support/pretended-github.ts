import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";

export interface PretendedRequest {
  state: string;
  checks: { name: string; state: string }[] | null;
  reviewDecision: string;
  branch: string;
  title: string;
  body: string;
  baseRefName: string;
}

/** Until the test is over, `gh` is a stand-in whose pull requests are about the branches of a bare repository. */
export function pretendGitHub(
  place: { readonly root: string; readonly origin: string },
  env: Readonly<Record<string, string>> = {},
) {
  const bin = join(place.root, "bin");
  const state = join(place.root, "gh.json");
  mkdirSync(bin);
  writeFileSync(
    join(bin, "gh"),
    `#!/bin/sh\nexec "${process.execPath}" "${join(import.meta.dirname, "fake-gh.ts")}" "$@"\n`,
  );
  chmodSync(join(bin, "gh"), 0o755);
  const changed = { PATH: `${bin}:${process.env["PATH"]}`, GH_ORIGIN: place.origin, GH_STATE: state, ...env };
  const before = Object.fromEntries(Object.keys(changed).map((name) => [name, process.env[name]]));
  Object.assign(process.env, changed);
  onTestFinished(() => {
    for (const [name, value] of Object.entries(before))
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
  });
  return {
    requests: (): PretendedRequest[] => (existsSync(state) ? JSON.parse(readFileSync(state, "utf8")) : []),
    change: (change: (request: PretendedRequest) => void) => {
      const all = JSON.parse(readFileSync(state, "utf8")) as PretendedRequest[];
      for (const request of all) change(request);
      writeFileSync(state, JSON.stringify(all));
    },
  };
}
