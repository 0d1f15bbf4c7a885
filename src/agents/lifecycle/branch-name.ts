export interface BranchSubject {
  readonly polecat: string;
  readonly bead?: string;
  /** Of the bead's rig; the template's `{issue}` is without it. */
  readonly prefix?: string;
  readonly title?: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** `user.name` of git, for the template's `{user}`. */
  readonly user?: string;
}

/** The work branch of an assignment (spec/04 §3.5). Unique by its time stamp; `template` is the rig's own form. */
export function branchName(subject: BranchSubject, template = ""): string {
  const timestamp = subject.now.toString(36);
  if (template.trim() === "")
    return subject.bead === undefined
      ? `polecat/${subject.polecat}-${timestamp}`
      : `polecat/${subject.polecat}/${refSafe(subject.bead)}@${timestamp}`;
  const date = new Date(subject.now);
  const values: Readonly<Record<string, string>> = {
    user: subject.user ?? "unknown",
    year: String(date.getUTCFullYear()).slice(-2),
    month: String(date.getUTCMonth() + 1).padStart(2, "0"),
    name: subject.polecat,
    timestamp,
    issue: withoutPrefix(subject.bead ?? "", subject.prefix),
    description: slug(subject.title ?? ""),
  };
  const branch = template
    .replace(/\{(\w+)\}/g, (whole, key: string) => values[key] ?? whole)
    .split("/")
    .map(refSafe)
    .filter((segment) => segment !== "")
    .join("/");
  return branch === "" ? branchName(subject) : branch;
}

export interface ParsedBranch {
  readonly polecat: string;
  readonly bead?: string;
}

/** Polecat and bead of a branch in the default form; undefined for any other name. */
export function parseBranchName(branch: string): ParsedBranch | undefined {
  const withBead = /^polecat\/([a-z0-9-]+)\/([^/@]+)@[0-9a-z]+$/.exec(branch);
  if (withBead?.[1] !== undefined && withBead[2] !== undefined)
    return { polecat: withBead[1], bead: withBead[2] };
  const without = /^polecat\/([a-z0-9-]+)-[0-9a-z]+$/.exec(branch);
  return without?.[1] === undefined ? undefined : { polecat: without[1] };
}

/** A prefix may have hyphens; that of another rig's bead is not known here. */
function withoutPrefix(bead: string, prefix: string | undefined): string {
  if (prefix !== undefined && bead.startsWith(`${prefix}-`)) return bead.slice(prefix.length + 1);
  return bead.replace(/^[^-]*-/, "");
}

const slug = (title: string): string =>
  title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 40)
    .replace(/-+$/, "");

/** One path segment in which every character that git refuses in refs is a hyphen (git-check-ref-format). */
const refSafe = (segment: string): string =>
  segment
    .replace(/[^A-Za-z0-9._@+=-]+/g, "-")
    .replace(/\.{2,}|@\{/g, "-")
    .replace(/^[.-]+|[.-]+$/g, "")
    .replace(/\.lock$/, "-lock");
