"use strict";
const { reporters } = require("mocha");

/**
 * Mocha's dot reporter with a plain closing line, "N passed, N failed", that other programs can read. Its label comes
 * from the reporter option `layer`.
 */
module.exports = class ClosingLine extends reporters.Dot {
  done(failures, callback) {
    const { passes = 0, failures: failed = 0 } = this.stats;
    const layer = this.options?.reporterOption?.layer ?? this.options?.reporterOptions?.layer;
    process.stdout.write(`${layer ? `${layer}: ` : ""}${passes} passed, ${failed} failed\n`);
    callback(failures);
  }
};
