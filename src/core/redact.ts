/** Environment variables whose values must never be shown (spec/07 §1.10). */
const secretNames = [
  "DOLTHUB_TOKEN",
  "GH_TOKEN",
  "GITHUB_TOKEN",
  "ANTHROPIC_API_KEY",
  "OPENAI_API_KEY",
  "GEMINI_API_KEY",
];

/** The text without passwords in URLs and without the values of known tokens. */
export function redact(text: string, env: NodeJS.ProcessEnv = process.env): string {
  // `git@` is the user name of every public host; any other user part may be a token.
  let shown = text.includes("://") ? text.replace(/:\/\/(?!git@)[^\s/@:]*(?::[^\s/@]*)?@/g, "://***@") : text;
  for (const name of secretNames) {
    const value = env[name];
    // Shorter values are placeholders, and would blank out ordinary words.
    if (value !== undefined && value.length >= 8) shown = shown.replaceAll(value, "***");
  }
  return shown;
}
