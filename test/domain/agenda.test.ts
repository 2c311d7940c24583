// How long a failed job waits.

import { expect, test } from "vitest"
import { retryDelaySeconds } from "../../src/domain/agenda.ts"

test("a failed job waits twice as long each time, at most an hour", () => {
  expect([1, 2, 3, 11, 12, 100].map(retryDelaySeconds)).toEqual([2, 4, 8, 2_048, 3_600, 3_600])
})
