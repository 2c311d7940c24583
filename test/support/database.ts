// All rows of all tables, so that a test can say that nothing was changed.

import { env } from "cloudflare:workers"

const DUE = `SELECT kind, agenda.status AS status, attempts, last_error FROM agenda JOIN tenants ON tenants.id = agenda.tenant_id
  WHERE agenda.status IN ('Pending', 'Queued') AND agenda.due_at <= coalesce(tenants.clock_at, ?)`

/** Waits for the jobs that are due: they change rows by themselves. */
export async function quiet(): Promise<void> {
  let due: unknown[] = []
  for (let attempt = 0; attempt < 400; attempt++) {
    due = (await env.DB.prepare(DUE).bind(Date.now()).all()).results
    if (due.length === 0) return
    await scheduler.wait(20)
  }
  throw new Error(`Jobs that are due don't run: ${JSON.stringify(due.slice(0, 5))}`)
}

export async function allRows(): Promise<Record<string, unknown[]>> {
  await quiet()
  const listed =
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_*' AND name NOT GLOB 'd1_*'"
  const { results } = await env.DB.prepare(listed).all<{ name: string }>()
  const names = results.map(({ name }) => name).filter((name) => !name.startsWith("sqlite_"))
  const tables = await env.DB.batch(names.map((name) => env.DB.prepare(`SELECT * FROM "${name}"`)))
  return Object.fromEntries(names.map((name, index) => [name, tables[index]?.results ?? []]))
}
