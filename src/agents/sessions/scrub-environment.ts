/** Names that end in `*` stand for every name that begins so. Groups of spec/03 §3.4. */
const scrubbed: readonly string[] = [
  // Identity: whoever starts us may be an agent, the child is another one.
  ..."GT_ROLE GT_RIG GT_POLECAT GT_CREW GT_DOG_NAME GT_SESSION GT_SESSION_ID GT_SESSION_ID_ENV GT_AGENT".split(
    " ",
  ),
  ..."GT_PROVIDER GT_PROCESS_NAMES GT_RUN GT_BEAD GT_BRANCH GT_SCOPE GT_HOOK_SOURCE GT_SEANCE".split(" "),
  ..."GT_POLECAT_PATH GT_REFINERY POLECAT_SLOT BD_ACTOR BEADS_ACTOR BEADS_AGENT_NAME".split(" "),
  ...["GIT_AUTHOR_*", "GIT_COMMITTER_*"],
  // Marks by which agents notice that they run inside another agent.
  ..."CLAUDECODE CLAUDE_CODE_ENTRYPOINT CLAUDE_CODE_SESSION_ID CLAUDE_SESSION_ID CODEX_SANDBOX*".split(" "),
  // The first of these makes Claude Code keep no transcript, so that nobody could resume or ask it.
  ..."CLAUDE_CODE_CHILD_SESSION CLAUDE_CODE_EXECPATH CLAUDE_EFFORT AI_AGENT".split(" "),
  ..."CODEX_THREAD_ID CURSOR_AGENT CURSOR_TRACE_ID GEMINI_CLI GEMINI_SESSION_ID OPENCODE".split(" "),
  ..."AMP_THREAD_ID PI_SESSION_ID OMP_SESSION_ID".split(" "),
  // Node and npm.
  ..."NODE_OPTIONS NODE_ENV NODE_CHANNEL_FD NODE_UNIQUE_ID INIT_CWD npm_* ELECTRON_RUN_AS_NODE".split(" "),
  // A git that is in the middle of something.
  ..."GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_PREFIX GIT_OBJECT_DIRECTORY".split(" "),
  // The terminal of whoever starts us.
  ..."TMUX TMUX_PANE STY WINDOW CI COLUMNS LINES VSCODE_* TERM_PROGRAM*".split(" "),
  // Traps.
  ..."ANTHROPIC_BASE_URL BD_DB BEADS_DIR BEADS_DB".split(" "),
];
const exact = new Set(scrubbed.filter((name) => !name.endsWith("*")));
const prefixes = scrubbed.filter((name) => name.endsWith("*")).map((name) => name.slice(0, -1));

/**
 * The environment without what would make the child believe to be somebody else or to run somewhere else. For agents
 * and for every process that outlives its starter: host and daemon are often started from inside an agent's shell.
 */
export function scrubEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => {
      const [name, value] = entry;
      return value !== undefined && !exact.has(name) && !prefixes.some((prefix) => name.startsWith(prefix));
    }),
  );
}

/** Credentials that a command hands over from its own environment with each spawn (spec/03 §3.4). */
const credentials = new Set(
  [
    "ANTHROPIC_API_KEY ANTHROPIC_AUTH_TOKEN ANTHROPIC_CUSTOM_HEADERS ANTHROPIC_MODEL",
    "ANTHROPIC_DEFAULT_OPUS_MODEL ANTHROPIC_DEFAULT_SONNET_MODEL ANTHROPIC_DEFAULT_HAIKU_MODEL",
    "CLAUDE_CODE_OAUTH_TOKEN CLAUDE_CODE_SUBAGENT_MODEL CLAUDE_CODE_USE_BEDROCK CLAUDE_CODE_USE_VERTEX",
    "CLAUDE_CODE_USE_FOUNDRY CLAUDE_CODE_SKIP_BEDROCK_AUTH CLAUDE_CODE_CLIENT_CERT CLAUDE_CODE_CLIENT_KEY",
    "AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_REGION AWS_PROFILE AWS_BEARER_TOKEN_BEDROCK",
    "ANTHROPIC_SMALL_FAST_MODEL_AWS_REGION GOOGLE_APPLICATION_CREDENTIALS GOOGLE_CLOUD_PROJECT CLOUD_ML_REGION",
    "OPENAI_API_KEY CODEX_API_KEY GEMINI_API_KEY GOOGLE_API_KEY GH_TOKEN GITHUB_TOKEN COPILOT_GITHUB_TOKEN",
    "CURSOR_API_KEY AMP_API_KEY AUGMENT_SESSION_AUTH OPENROUTER_API_KEY",
    "HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy https_proxy no_proxy",
  ].flatMap((line) => line.split(" ")),
);

/** Whether a variable's value must never be printed, logged or recorded. */
export function isCredential(name: string): boolean {
  return credentials.has(name) || name.startsWith("ANTHROPIC_FOUNDRY_") || name.startsWith("VERTEX_");
}
