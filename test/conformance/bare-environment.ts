// As `env -i`: nothing of the person's shell reaches a real agent CLI, least of all a key that costs money.
const kept =
  /^(PATH|HOME|TMPDIR|LANG|CI|NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|XDG_CACHE_HOME|VITEST.*|GT_.*|GIT_.*|[a-z_]*proxy|npm_config_.*)$/i;
for (const name of Object.keys(process.env)) if (!kept.test(name)) delete process.env[name];
