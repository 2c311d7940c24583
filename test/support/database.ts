// The rows of a test file. Files run one after the other in one workerd, whose database they share: each begins with an empty
// one, so that nothing of an earlier file is due, is counted or is told any more.

import { env } from "cloudflare:workers"

const DUE = `SELECT kind, agenda.status AS status, attempts, last_error FROM agenda JOIN tenants ON tenants.id = agenda.tenant_id
  WHERE agenda.status IN ('Pending', 'Queued') AND agenda.due_at <= coalesce(tenants.clock_at, ?)`

const TABLES = `SELECT name, CASE WHEN name = 'tenants' THEN 'id' WHEN sql LIKE '%\`tenant_id\`%' THEN 'tenant_id' END AS tenant
  FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_*' AND name NOT GLOB 'd1_*' AND name NOT GLOB 'sqlite_*'`

type Table = { readonly name: string; readonly tenant: "id" | "tenant_id" | null }

let tables: readonly Table[] = []

/** Ids begin with the time, so this is lower than those of all tenants that are made from now on. */
let first = ""

/**
 * Called before each file. What earlier files left on the agenda goes with their tenants: a message that is under way, and what an
 * alarm of an object still sends, names nothing that there is, and is done by that.
 */
export async function beginFile(): Promise<void> {
  tables = (await env.DB.prepare(TABLES).all<Table>()).results
  await env.DB.batch(tables.map(({ name }) => env.DB.prepare(`DELETE FROM "${name}"`)))
  first = Date.now().toString(16).padStart(12, "0").replace(/^.{8}/, "$&-")
}

/** Waits for the jobs that are due: they change rows by themselves. */
export async function quiet(): Promise<void> {
  let jobs: unknown[] = []
  for (const deadline = Date.now() + 25_000; Date.now() < deadline; await scheduler.wait(20)) {
    jobs = (await due().all()).results
    if (jobs.length === 0) return
  }
  throw new Error(`Jobs that are due don't run: ${JSON.stringify(jobs.slice(0, 5))}`)
}

/** All rows once nothing is due, so that a test can say that nothing was changed. */
export async function allRows(): Promise<Record<string, unknown[]>> {
  for (;;) {
    // One call is enough where all is quiet, which it mostly is.
    const [jobs, ...rows] = await env.DB.batch([due(), ...tables.map(rowsOf)])
    const isQuiet = jobs?.results.length === 0
    if (isQuiet) return Object.fromEntries(tables.map(({ name }, at) => [name, rows[at]?.results ?? []]))
    await quiet()
  }
}

const due = () => env.DB.prepare(DUE).bind(Date.now())

/** Of what a job that was under way has still written for an earlier file nothing is told. */
function rowsOf({ name, tenant }: Table): D1PreparedStatement {
  const all = env.DB.prepare(`SELECT * FROM "${name}"`)
  return tenant === null ? all : env.DB.prepare(`SELECT * FROM "${name}" WHERE ${tenant} >= ?`).bind(first)
}
