// Says how many tests passed and failed, from the report that vitest wrote as JSON. Fails where the report does.

import { readFileSync } from "node:fs"

type Report = {
  readonly success: boolean
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly testResults: ReadonlyArray<{
    readonly status: string
    readonly assertionResults: readonly unknown[]
  }>
}

const { passed, failed, success } = totals(process.argv[2] ?? "")
console.log(`${passed} passed, ${failed} failed`)
process.exit(success && failed === 0 ? 0 : 1)

function totals(file: string) {
  try {
    const report = JSON.parse(readFileSync(file, "utf8")) as Report
    // A file that could not even be loaded has no tests to count, and is a failure all the same.
    const unloaded = report.testResults.filter(
      (one) => one.status === "failed" && one.assertionResults.length === 0,
    )
    return {
      passed: report.numPassedTests,
      failed: report.numFailedTests + unloaded.length,
      success: report.success,
    }
  } catch {
    return { passed: 0, failed: 1, success: false }
  }
}
