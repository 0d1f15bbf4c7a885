import { GtError } from "../gt-error.ts";

export interface IntegrationSubject {
  readonly epic: string;
  readonly title: string;
  /** `user.name` of git. */
  readonly user: string;
}

const maxTitle = 60;
const maxName = 200;

/** Name of an epic's integration branch (spec/05 §5.1). `E_BRANCH_NAME` when the template gives none that git takes. */
export function integrationName(template: string, subject: IntegrationSubject): string {
  const values: Readonly<Record<string, string>> = {
    title: slug(subject.title) || subject.epic,
    epic: subject.epic,
    prefix: subject.epic.split("-")[0] ?? subject.epic,
    user: slug(subject.user) || "user",
  };
  const name = template.replace(/\{(\w+)\}/g, (whole, key: string) => values[key] ?? whole);
  if (!isBranchName(name))
    throw new GtError("E_BRANCH_NAME", `"${name}" is not a branch name`, {
      why: ["no blanks, none of ~ ^ : \\ ? * [, no .., @{ or //, no / or . at an end"],
      hint: "gt mq integration create <epic> --branch integration/<name>",
    });
  return name;
}

/** What is tried when the name belongs to another epic. */
export function otherIntegrationName(name: string, epic: string): string {
  return `${name}-${epic.slice(epic.lastIndexOf("-") + 1)}`;
}

function slug(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, "-")
    .replace(/-{2,}/g, "-")
    .slice(0, maxTitle)
    .replace(/^-+|-+$/g, "");
}

function isBranchName(name: string): boolean {
  return (
    name !== "" &&
    name.length <= maxName &&
    !/[\s~^:\\?*[\]{}\u0000-\u001f\u007f]|\.\.|@\{|\/\//.test(name) &&
    !/^[-/.]|[/.]$|\.lock$/.test(name)
  );
}
