"use strict";

// Apart from launch.js because `import()` is a syntax error on a Node too old to be told so politely.
module.exports = function load(file) {
  import(require("url").pathToFileURL(file).href).catch(function (error) {
    var missing =
      error && error.code === "ERR_MODULE_NOT_FOUND" && String(error.message).indexOf(file) !== -1;
    process.stderr.write(
      missing
        ? "error: the program is not built yet\nhint: npm run build\n"
        : "error: " + ((error && error.stack) || error) + "\n",
    );
    process.exit(1);
  });
};
