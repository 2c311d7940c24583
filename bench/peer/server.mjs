// The ordinary alternative: Fastify, zod, a pool of connections, PostgreSQL. Each event is inserted unless its id is known, and
// its quantity is added to a total, in one transaction that is on disk before the answer leaves. Three ways to say it:
//
//   POST /transaction   BEGIN, insert, add to the total, COMMIT: what one writes first
//   POST /statement     the same as one statement: what one writes when the first is too slow
//   POST /batch         many events in one statement, through unnest
//
// Plain JavaScript, because its packages are not the project's and so have no types here. It gets the folder of the server's
// socket and an API key as arguments, and prints its port as a line.

import { readFile } from "node:fs/promises"
import fastify from "fastify"
import pg from "pg"
import { z } from "zod"

const [socketFolder, apiKey] = process.argv.slice(2)
const CONNECTIONS = 16
const BODY_BYTES = 5 * 1024 * 1024
const METER = "tokens"

const pool = new pg.Pool({ host: socketFolder, user: "bench", database: "postgres", max: CONNECTIONS })
const tenants = new Map([[apiKey, "tenant"]])

const Event = z.strictObject({
  id: z.string().min(1).max(255),
  event_type: z.string().min(1).max(255),
  customer_id: z.uuid(),
  subscription_id: z.uuid(),
  timestamp: z.iso.datetime({ offset: true }),
  properties: z.record(z.string().max(255), z.unknown()),
})
const Events = z.array(Event).max(5_000)

const EVENT_COLUMNS = "id, subscription_id, customer_id, event_type, occurred_at, properties"
const ADD =
  "ON CONFLICT (subscription_id, period, meter) DO UPDATE SET value = totals.value + excluded.value, count = totals.count + excluded.count"

// Names make the driver prepare each statement once for each connection.
const INSERT = {
  name: "insert",
  text: `INSERT INTO events (${EVENT_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING`,
}
const UPSERT = {
  name: "upsert",
  text: `INSERT INTO totals (subscription_id, period, meter, value, count) VALUES ($1, $2, $3, $4, 1) ${ADD}`,
}
const STATEMENT = {
  name: "statement",
  text: `WITH inserted AS (
    INSERT INTO events (${EVENT_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING RETURNING 1
  )
  INSERT INTO totals (subscription_id, period, meter, value, count) SELECT $2, $7, $8, $9, 1 FROM inserted ${ADD}`,
}
const BATCH = {
  name: "batch",
  text: `WITH inserted AS (
    INSERT INTO events (${EVENT_COLUMNS})
    SELECT * FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::text[], $5::timestamptz[], $6::jsonb[])
    ON CONFLICT (id) DO NOTHING
    RETURNING id, subscription_id, occurred_at, (properties ->> '${METER}')::numeric AS value
  ), added AS (
    INSERT INTO totals (subscription_id, period, meter, value, count)
    SELECT subscription_id, date_trunc('month', occurred_at AT TIME ZONE 'UTC')::date, '${METER}', sum(value), count(*)
    FROM inserted GROUP BY 1, 2 ORDER BY 1, 2 ${ADD}
  )
  SELECT id FROM inserted`,
}

function columnsOf(event) {
  const { id, subscription_id, customer_id, event_type, timestamp, properties } = event
  return [id, subscription_id, customer_id, event_type, timestamp, JSON.stringify(properties)]
}

function periodOf(event) {
  return `${event.timestamp.slice(0, 7)}-01`
}

/** Each answers whether the event is new. */
async function recordInTransaction(event) {
  const client = await pool.connect()
  try {
    await client.query("BEGIN")
    const { rowCount } = await client.query({ ...INSERT, values: columnsOf(event) })
    if (rowCount === 1) {
      const values = [event.subscription_id, periodOf(event), METER, event.properties[METER]]
      await client.query({ ...UPSERT, values })
    }
    await client.query("COMMIT")
    client.release()
    return rowCount === 1
  } catch (error) {
    client.release(error)
    throw error
  }
}

async function recordInStatement(event) {
  const values = [...columnsOf(event), periodOf(event), METER, event.properties[METER]]
  const { rowCount } = await pool.query({ ...STATEMENT, values })
  return rowCount === 1
}

async function recordBatch(events) {
  const rows = events.map(columnsOf)
  const values = [0, 1, 2, 3, 4, 5].map((column) => rows.map((row) => row[column]))
  const { rows: inserted } = await pool.query({ ...BATCH, values })
  return new Set(inserted.map(({ id }) => id))
}

async function answerOne(event, record) {
  const isNew = await record(event)
  return { accepted: true, event_id: event.id, duplicate: !isNew, billable: true }
}

async function answerBatch(events) {
  const inserted = await recordBatch(events)
  const results = events.map(({ id }) => ({
    event_id: id,
    status: inserted.has(id) ? "Accepted" : "Duplicate",
    billable: true,
  }))
  const accepted = inserted.size
  return { accepted, duplicates: events.length - accepted, rejected: 0, results }
}

await pool.query(await readFile(new URL("schema.sql", import.meta.url), "utf8"))

const app = fastify({ bodyLimit: BODY_BYTES })

app.addHook("onRequest", async (request, reply) => {
  if (request.url === "/noop") return
  const [, key] = (request.headers.authorization ?? "").split(" ")
  if (!tenants.has(key)) return reply.code(401).send({ code: "unauthorized" })
})

app.setErrorHandler((error, _, reply) => {
  const status = error instanceof z.ZodError ? 400 : 500
  return reply.code(status).send({ code: error.name, detail: error.message })
})

app.get("/noop", () => "ok")
for (const [path, record] of [
  ["/transaction", recordInTransaction],
  ["/statement", recordInStatement],
]) {
  app.post(path, (request) => answerOne(Event.parse(request.body), record))
}

app.post("/batch", (request) => answerBatch(Events.parse(request.body)))

const address = await app.listen({ host: "127.0.0.1", port: 0 })
process.stdout.write(`ready ${new URL(address).port}\n`)

// The harness holds the other end: when it goes, so does this.
process.stdin.resume()
process.stdin.on("end", () => void app.close().then(() => pool.end()))
