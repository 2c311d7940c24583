// Miniflare in a process of its own, so that it can be killed. Its settings come as the first argument, its port goes to
// stdout, and the end of stdin is its end. The port is workerd's own: the proxies and the logging of `wrangler dev` cost many
// times what the worker does.

import { convertV4MiniflareOptions, Miniflare } from "miniflare"
import { WORKER_NAME } from "../scripts/lib/local-worker.ts"

export type Settings = {
  readonly options: Parameters<typeof convertV4MiniflareOptions>[0]
  /** Statements that make the tables; none where they are. */
  readonly migrations: readonly string[]
}

const { options, migrations } = JSON.parse(process.argv[2] ?? "{}") as Settings
const miniflare = new Miniflare(convertV4MiniflareOptions(options))
const address = await miniflare.unsafeGetDirectURL(WORKER_NAME)
if (migrations.length > 0) {
  const database = await miniflare.getD1Database("DB")
  await database.batch(migrations.map((statement) => database.prepare(statement)))
}
process.stdout.write(`ready ${address.port}\n`)
process.stdin.resume()
process.stdin.on("end", () => void miniflare.dispose())
