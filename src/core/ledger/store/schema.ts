/** Version of the newest schema; equals `PRAGMA user_version` of a migrated file (spec/01 §7.3). */
export const schemaVersion = 1;

/** Steps in order: step n brings a file from version n to n + 1. A released step is never edited. */
export const migrations: readonly string[] = [
  `
CREATE TABLE issues (
  id TEXT PRIMARY KEY NOT NULL, scope TEXT NOT NULL, rev INTEGER NOT NULL DEFAULT 1,
  title TEXT NOT NULL, description TEXT NOT NULL DEFAULT '', design TEXT NOT NULL DEFAULT '',
  acceptance_criteria TEXT NOT NULL DEFAULT '', notes TEXT NOT NULL DEFAULT '', spec_id TEXT NOT NULL DEFAULT '',
  status TEXT NOT NULL DEFAULT 'open',
  priority INTEGER NOT NULL DEFAULT 2 CHECK (priority BETWEEN 0 AND 4),
  issue_type TEXT NOT NULL DEFAULT 'task', assignee TEXT NOT NULL DEFAULT '', owner TEXT NOT NULL DEFAULT '',
  estimated_minutes INTEGER, created_at INTEGER NOT NULL, created_by TEXT NOT NULL DEFAULT '',
  updated_at INTEGER NOT NULL, updated_by TEXT NOT NULL DEFAULT '', started_at INTEGER, closed_at INTEGER,
  close_reason TEXT NOT NULL DEFAULT '', outcome TEXT NOT NULL DEFAULT '', closed_by_session TEXT NOT NULL DEFAULT '',
  due_at INTEGER, defer_until INTEGER, external_ref TEXT, source_system TEXT NOT NULL DEFAULT '',
  metadata TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(metadata)),
  sender TEXT NOT NULL DEFAULT '', ephemeral INTEGER NOT NULL DEFAULT 0, no_history INTEGER NOT NULL DEFAULT 0,
  wisp_type TEXT NOT NULL DEFAULT '', pinned INTEGER NOT NULL DEFAULT 0, is_template INTEGER NOT NULL DEFAULT 0,
  await_type TEXT NOT NULL DEFAULT '', await_id TEXT NOT NULL DEFAULT '', timeout_ns INTEGER NOT NULL DEFAULT 0,
  waiters TEXT NOT NULL DEFAULT '[]', mol_type TEXT NOT NULL DEFAULT '', work_type TEXT NOT NULL DEFAULT '',
  event_kind TEXT NOT NULL DEFAULT '', actor TEXT NOT NULL DEFAULT '', target TEXT NOT NULL DEFAULT '',
  payload TEXT NOT NULL DEFAULT '', source_formula TEXT NOT NULL DEFAULT '', source_location TEXT NOT NULL DEFAULT '',
  is_blocked INTEGER NOT NULL DEFAULT 0,
  extra TEXT,
  CHECK ((status = 'closed') = (closed_at IS NOT NULL)),
  CHECK (NOT (ephemeral = 1 AND no_history = 1))) STRICT;
CREATE TABLE agents (
  id TEXT PRIMARY KEY NOT NULL REFERENCES issues(id) ON DELETE CASCADE ON UPDATE CASCADE,
  address TEXT NOT NULL UNIQUE, role_type TEXT NOT NULL, rig TEXT NOT NULL DEFAULT '', agent_name TEXT NOT NULL DEFAULT '',
  agent_state TEXT NOT NULL DEFAULT 'idle', hook_bead TEXT NOT NULL DEFAULT '', hook_state TEXT NOT NULL DEFAULT '',
  hook_seq INTEGER NOT NULL DEFAULT 0, cleanup_status TEXT NOT NULL DEFAULT '', active_mr TEXT NOT NULL DEFAULT '',
  notification_level TEXT NOT NULL DEFAULT 'normal', mode TEXT NOT NULL DEFAULT '', runtime TEXT NOT NULL DEFAULT '',
  session_id TEXT NOT NULL DEFAULT '', branch TEXT NOT NULL DEFAULT '', base_branch TEXT NOT NULL DEFAULT '',
  base_sha TEXT NOT NULL DEFAULT '', exit_type TEXT NOT NULL DEFAULT '', mr_id TEXT NOT NULL DEFAULT '',
  mr_failed INTEGER NOT NULL DEFAULT 0, push_failed INTEGER NOT NULL DEFAULT 0, completion_time INTEGER,
  restarts INTEGER NOT NULL DEFAULT 0, crash_loop_since INTEGER, last_op TEXT NOT NULL DEFAULT '',
  last_activity INTEGER, last_progress_at INTEGER, last_session_at INTEGER, extra TEXT) STRICT;
CREATE TABLE dependencies (
  issue_id TEXT NOT NULL REFERENCES issues(id) ON DELETE CASCADE ON UPDATE CASCADE,
  depends_on_id TEXT NOT NULL, type TEXT NOT NULL DEFAULT 'blocks', created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL DEFAULT '', metadata TEXT NOT NULL DEFAULT '', thread_id TEXT NOT NULL DEFAULT '', extra TEXT,
  PRIMARY KEY (issue_id, depends_on_id, type)) STRICT, WITHOUT ROWID;
CREATE TABLE labels (
  issue_id TEXT NOT NULL REFERENCES issues(id) ON DELETE CASCADE ON UPDATE CASCADE,
  label TEXT NOT NULL, PRIMARY KEY (issue_id, label)) STRICT, WITHOUT ROWID;
CREATE TABLE comments (
  id TEXT PRIMARY KEY NOT NULL,
  issue_id TEXT NOT NULL REFERENCES issues(id) ON DELETE CASCADE ON UPDATE CASCADE,
  author TEXT NOT NULL, text TEXT NOT NULL, created_at INTEGER NOT NULL, extra TEXT) STRICT;
CREATE TABLE events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, tx TEXT NOT NULL,
  issue_id TEXT NOT NULL, scope TEXT NOT NULL, event_type TEXT NOT NULL, actor TEXT NOT NULL,
  old_value TEXT, new_value TEXT, comment TEXT, created_at INTEGER NOT NULL) STRICT;
CREATE TABLE outbox (
  seq INTEGER NOT NULL, n INTEGER NOT NULL, line TEXT NOT NULL, PRIMARY KEY (seq, n)) STRICT, WITHOUT ROWID;
CREATE TABLE child_counters (parent_id TEXT PRIMARY KEY NOT NULL, last_child INTEGER NOT NULL) STRICT;
CREATE TABLE tombstones (
  id TEXT PRIMARY KEY NOT NULL, scope TEXT NOT NULL, deleted_at INTEGER NOT NULL,
  deleted_by TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '', record TEXT NOT NULL) STRICT;
CREATE TABLE dirty (
  scope TEXT NOT NULL, issue_id TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (scope, issue_id)) STRICT, WITHOUT ROWID;
CREATE TABLE export_lines (issue_id TEXT PRIMARY KEY NOT NULL, scope TEXT NOT NULL, line TEXT NOT NULL) STRICT;
CREATE TABLE export_state (
  scope TEXT PRIMARY KEY NOT NULL, path TEXT NOT NULL, file_hash TEXT NOT NULL DEFAULT '',
  seq INTEGER NOT NULL DEFAULT 0, exported_at INTEGER, commit_sha TEXT NOT NULL DEFAULT '') STRICT;
CREATE TABLE prefixes (prefix TEXT PRIMARY KEY NOT NULL, scope TEXT NOT NULL, path TEXT NOT NULL) STRICT;
CREATE TABLE external_refs (ref TEXT PRIMARY KEY NOT NULL, resolved INTEGER NOT NULL DEFAULT 0, checked_at INTEGER) STRICT;
CREATE TABLE config (key TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL) STRICT;
CREATE TABLE kv (ns TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (ns, key)) STRICT, WITHOUT ROWID;
CREATE TABLE leases (name TEXT PRIMARY KEY NOT NULL, holder TEXT NOT NULL, pid INTEGER, expires_at INTEGER NOT NULL) STRICT;
CREATE TABLE runtime_rows (
  name TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, rev INTEGER NOT NULL, updated_at INTEGER NOT NULL,
  PRIMARY KEY (name, key)) STRICT, WITHOUT ROWID;
CREATE TABLE meta (key TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL) STRICT;

CREATE INDEX issues_ready ON issues (priority, created_at DESC, id)
  WHERE status = 'open' AND is_blocked = 0 AND ephemeral = 0 AND pinned = 0 AND is_template = 0;
CREATE INDEX issues_unclosed ON issues (priority, created_at DESC, id) WHERE status <> 'closed';
CREATE INDEX issues_status ON issues (status, priority, created_at DESC, id);
CREATE INDEX issues_assignee ON issues (assignee, status) WHERE assignee <> '';
CREATE INDEX issues_type ON issues (issue_type, status);
CREATE INDEX issues_scope ON issues (scope, updated_at);
CREATE INDEX issues_defer ON issues (defer_until) WHERE defer_until IS NOT NULL;
CREATE INDEX issues_wisp ON issues (wisp_type, updated_at) WHERE ephemeral = 1;
CREATE INDEX issues_extref ON issues (external_ref) WHERE external_ref IS NOT NULL;
CREATE INDEX issues_mr_branch ON issues (json_extract(metadata, '$.mr.branch')) WHERE issue_type = 'merge-request';
CREATE INDEX issues_mr_source ON issues (json_extract(metadata, '$.mr.source_issue')) WHERE issue_type = 'merge-request';
CREATE INDEX deps_rev ON dependencies (depends_on_id, type, issue_id);
CREATE INDEX deps_thread ON dependencies (thread_id) WHERE thread_id <> '';
CREATE INDEX labels_label ON labels (label, issue_id);
CREATE INDEX comments_issue ON comments (issue_id, created_at);
CREATE INDEX events_issue ON events (issue_id, seq);
CREATE INDEX agents_state ON agents (agent_state, role_type);
CREATE INDEX agents_hook ON agents (hook_bead) WHERE hook_bead <> '';
`,
];
