// All rows of the tenants of a test file, so that a test can say that nothing was changed. Files that ran before in the same
// workerd have left their tenants in the same database, and what those still have to do is no matter of this one.

import { env } from "cloudflare:workers"

const DUE = `SELECT kind, agenda.status AS status, attempts, last_error FROM agenda JOIN tenants ON tenants.id = agenda.tenant_id
  WHERE agenda.status IN ('Pending', 'Queued') AND agenda.due_at <= coalesce(tenants.clock_at, ?) AND tenants.id >= ?`

const TABLES = `SELECT name, CASE WHEN name = 'tenants' THEN 'id' WHEN sql LIKE '%\`tenant_id\`%' THEN 'tenant_id' END AS tenant
  FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_*' AND name NOT GLOB 'd1_*' AND name NOT GLOB 'sqlite_*'`

type Table = { readonly name: string; readonly tenant: "id" | "tenant_id" | null }

/** Ids begin with the time, so this is lower than those of all tenants that are made from now on. */
let first = ""

/** Called before each file. */
export function beginFile(): void {
  first = Date.now().toString(16).padStart(12, "0").replace(/^.{8}/, "$&-")
}

/** Waits for the jobs that are due: they change rows by themselves. */
export async function quiet(): Promise<void> {
  let due: unknown[] = []
  for (let attempt = 0; attempt < 400; attempt++) {
    due = (await env.DB.prepare(DUE).bind(Date.now(), first).all()).results
    if (due.length === 0) return
    await scheduler.wait(20)
  }
  throw new Error(`Jobs that are due don't run: ${JSON.stringify(due.slice(0, 5))}`)
}

export async function allRows(): Promise<Record<string, unknown[]>> {
  await quiet()
  const { results: tables } = await env.DB.prepare(TABLES).all<Table>()
  const rows = await env.DB.batch(tables.map(statement))
  return Object.fromEntries(tables.map(({ name }, index) => [name, rows[index]?.results ?? []]))
}

function statement({ name, tenant }: Table): D1PreparedStatement {
  const all = env.DB.prepare(`SELECT * FROM "${name}"`)
  return tenant === null ? all : env.DB.prepare(`SELECT * FROM "${name}" WHERE ${tenant} >= ?`).bind(first)
}
