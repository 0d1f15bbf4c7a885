// Written for the oldest Node that a person may have: only what Node 6 understands.
"use strict";

var path = require("path");
var fs = require("fs");

/** The small file of a command that agents call all the time, or the whole program. */
function programFile(program, word) {
  var dist = path.join(__dirname, "..", "dist");
  var quick = path.join(dist, program + "-" + word + ".js");
  return /^[a-z]+$/.test(word) && fs.existsSync(quick) ? quick : path.join(dist, program + ".js");
}

/** Runs dist/<program>.js on this Node, on the repository's own Node, or says what is missing. */
module.exports = function launch(program) {
  var major = parseInt(process.versions.node, 10);
  if (major >= 22) {
    var nodeModule = require("module");
    if (nodeModule.enableCompileCache) nodeModule.enableCompileCache();
    require("./load.js")(programFile(program, process.argv[2] || ""));
    return;
  }
  var own = path.join(__dirname, "..", "node_modules", "node", "bin", "node");
  if (!fs.existsSync(own)) {
    process.stderr.write(
      "error: " +
        program +
        " needs Node.js 22 or newer, this is v" +
        process.versions.node +
        " (" +
        process.execPath +
        ")\n" +
        "hint: install Node 22+ from https://nodejs.org, or: nvm install 22\n",
    );
    process.exit(1);
  }
  var child = require("child_process").spawn(
    own,
    [path.join(__dirname, program)].concat(process.argv.slice(2)),
    {
      stdio: "inherit",
    },
  );
  // The terminal sends its signals to the whole group; this process only waits for the real one.
  ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"].forEach(function (name) {
    process.on(name, function () {
      if (name !== "SIGINT") child.kill(name);
    });
  });
  child.on("exit", function (code, signal) {
    if (signal) process.exit(128 + (require("os").constants.signals[signal] || 0));
    process.exit(code);
  });
};
