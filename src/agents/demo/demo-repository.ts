import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { openGit } from "../../core/git/git.ts";
import type { DemoProject } from "./demo-project.ts";

const identity = { name: "Gas Town demo", email: "demo@gastown.invalid" };

/** Makes the project's bare repository with one commit at `<directory>/<rig>.git` and returns that path. */
export async function makeDemoRepository(directory: string, project: DemoProject): Promise<string> {
  const origin = join(directory, `${project.rig}.git`);
  const draft = join(directory, `.${project.rig}-draft`);
  await mkdir(draft, { recursive: true });
  for (const [path, content] of Object.entries(project.files)) {
    await mkdir(dirname(join(draft, path)), { recursive: true });
    await writeFile(join(draft, path), content);
  }
  const git = openGit(draft);
  await git.raw("init", "--quiet", "--initial-branch=main");
  await git.raw("add", "--all");
  // Whoever tries the demo may not have told git who he is yet.
  const config = [
    "-c",
    `user.name=${identity.name}`,
    "-c",
    `user.email=${identity.email}`,
    "-c",
    "commit.gpgsign=false",
  ];
  await git.raw(...config, "commit", "--quiet", "--message", `Begin ${project.rig}`);
  await git.raw("clone", "--quiet", "--bare", draft, origin);
  // It is the origin itself; a clone of it must not lead to the draft.
  await openGit(origin).raw("remote", "remove", "origin");
  await rm(draft, { recursive: true, force: true });
  return origin;
}
