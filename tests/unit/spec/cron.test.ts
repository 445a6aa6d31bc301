import assert from "node:assert/strict";
import { isCronSchedule } from "../../../spec/cron.ts";

describe("Cron schedules", () => {
  for (const schedule of [
    "30 2 * * *",
    "*/15 * * * *",
    "0 0,12 1-15/2 jan,MAR mon-fri",
    "0 4 * * 0",
    "0 4 ? * sun",
    "@daily",
    "5/20 * * 12 6",
  ]) {
    it(`may be "${schedule}"`, () => {
      assert.equal(isCronSchedule(schedule), true);
    });
  }
  for (const schedule of [
    "",
    "daily",
    "@reboot",
    "* * * *",
    "* * * * * *",
    "60 * * * *",
    "0 24 * * *",
    "0 0 0 * *",
    "0 0 * 13 *",
    "0 0 * * 7",
    "0 0 * * dec",
    "0 0 * foo *",
    "5-1 * * * *",
    "*/0 * * * *",
    "TZ=UTC 0 0 * * *",
  ]) {
    it(`may not be "${schedule}"`, () => {
      assert.equal(isCronSchedule(schedule), false);
    });
  }
});
