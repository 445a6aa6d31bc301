"use strict";
const { writeFileSync } = require("node:fs");
const { reporters } = require("mocha");

/**
 * Mocha's dot reporter with a plain closing line, "N passed, N failed", that other programs can read. Reporter options:
 * `layer`, its label; `pace`, to say how long a test took on average; `results`, a file for counts, milliseconds and the
 * names of the tests that failed, as JSON.
 */
module.exports = class ClosingLine extends reporters.Dot {
  done(failures, callback) {
    const { passes = 0, failures: failed = 0, duration = 0 } = this.stats;
    const { layer, pace, results } = this.options?.reporterOption ?? this.options?.reporterOptions ?? {};
    const label = layer ? `${layer}: ` : "";
    if (pace) {
      const seconds = duration / 1000;
      const average = seconds / Math.max(1, passes + failed);
      process.stdout.write(`${label}${average.toFixed(2)} s a test, ${seconds.toFixed(1)} s in all\n`);
    }
    if (results) {
      const names = this.failures.map((test) => test.fullTitle());
      writeFileSync(results, JSON.stringify({ passed: passes, failed, milliseconds: duration, failures: names }));
    }
    process.stdout.write(`${label}${passes} passed, ${failed} failed\n`);
    callback(failures);
  }
};
