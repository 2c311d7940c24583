// A server in a process of its own, to be killed: Miniflare on a bundle of the worker. Its settings come as the first
// argument, its address goes to stdout as a line, `tick` on stdin is the cron, and the end of stdin is its end.

import { createInterface } from "node:readline"
import { convertV4MiniflareOptions, Miniflare } from "miniflare"

export type Settings = {
  readonly options: Parameters<typeof convertV4MiniflareOptions>[0]
  /** Statements that make the tables; none where they are. */
  readonly migrations: readonly string[]
}

const { options, migrations } = JSON.parse(process.argv[2] ?? "{}") as Settings
const miniflare = new Miniflare(convertV4MiniflareOptions(options))
const url = await miniflare.ready
if (migrations.length > 0) {
  const database = await miniflare.getD1Database("DB")
  await database.batch(migrations.map((statement) => database.prepare(statement)))
}
process.stdout.write(`ready ${url.href}\n`)

for await (const line of createInterface({ input: process.stdin })) {
  if (line !== "tick") continue
  const worker = await miniflare.getWorker()
  await worker.scheduled({ cron: "* * * * *" })
  process.stdout.write("ticked\n")
}
await miniflare.dispose()
