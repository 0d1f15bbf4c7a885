/** What `bd onboard` prints and `bd init` puts into AGENTS.md (spec/01 §10.7). */
export const agentsBlock = `<!-- BEGIN BEADS -->
## Issue tracking

This project keeps its work in beads. Run \`bd prime\` at the start of a session.

- \`bd ready\` shows what can be started; \`bd update <id> --claim\` takes it
- \`bd create "title" -t task -p 2\` files new work, \`--deps discovered-from:<id>\` says where it came from
- \`bd close <id> --reason "..."\` when it is done
- \`bd sync\` before you stop, so that others see it
<!-- END BEADS -->`;
