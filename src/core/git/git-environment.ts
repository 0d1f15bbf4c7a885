/** Settings that a program needs, whatever a person has set. */
export const gitConfiguration: readonly string[] = [
  "color.ui=false",
  "core.quotePath=false",
  "advice.detachedHead=false",
  "gc.autoDetach=false",
];

/** What a hook or an agent's shell must not tell our git: which repository it is in, which editor to open. */
const unwanted =
  /^(GIT_(DIR|WORK_TREE|INDEX_FILE|PREFIX|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES|COMMON_DIR|NAMESPACE|QUARANTINE_PATH|EDITOR|SEQUENCE_EDITOR|PAGER|EXTERNAL_DIFF|TEMPLATE_DIR|EXEC_PATH|TRACE.*|CONFIG|ICASE_PATHSPECS|LITERAL_PATHSPECS|GLOB_PATHSPECS|NOGLOB_PATHSPECS)|EDITOR|VISUAL|PAGER|PREFIX|LANGUAGE)$/;

/** The environment of every git of ours. */
export function gitEnvironment(extra: Readonly<Record<string, string>>): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined && !unwanted.test(name)) environment[name] = value;
  }
  // Looking must not write: a refreshed index would pass for the agent's progress (spec/04 §1.6).
  const own = { LC_ALL: "C", GIT_TERMINAL_PROMPT: "0", GIT_OPTIONAL_LOCKS: "0" };
  return { ...environment, ...own, ...extra };
}
