// `npm run teardown`: deletes what `npm run deploy` made, with all data in it. There is no way back, so the worker's
// name has to be typed.

import { createInterface } from "node:readline/promises"
import { accountName, databaseId, run } from "./lib/account.ts"
import { deployConfigFile, resources, writeDeployConfig } from "./lib/deploy-config.ts"

const { worker, database, queues, buckets } = resources()

try {
  console.log(`Account: ${await accountName()}`)
  console.log(`This deletes the worker ${worker} with its Durable Objects, the database ${database},`)
  console.log(`the queues ${queues.join(", ")} and the buckets ${buckets.join(", ")}, and all data in them.`)
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  const typed = await terminal.question(`Type ${worker} to go on: `)
  terminal.close()
  if (typed.trim() !== worker) throw new Error("Nothing was deleted.")
  process.exitCode = (await teardown()) ? 0 : 1
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

/** Goes on after a failure, so that one thing that cannot be deleted does not keep the others. */
async function teardown(): Promise<boolean> {
  const id = await databaseId(database)
  await writeDeployConfig(id)
  const steps: ReadonlyArray<readonly string[]> = [
    ["delete", worker, "--force", "--config", deployConfigFile],
    ...queues.map((queue) => ["queues", "delete", queue]),
    ...(id === null ? [] : [["d1", "delete", database, "--skip-confirmation", "--config", deployConfigFile]]),
    ...buckets.map((bucket) => ["r2", "bucket", "delete", bucket]),
  ]
  let complete = true
  for (const step of steps) {
    try {
      await run(step)
      console.log(`Deleted: ${step[step[0] === "r2" ? 3 : step[0] === "delete" ? 1 : 2]}`)
    } catch (error) {
      complete = false
      console.error(error instanceof Error ? error.message : error)
    }
  }
  return complete
}
