// What the sandbox processor remembers of a tenant, and the agenda rows by which it tells of it later.

import { and, asc, count, eq, sql } from "drizzle-orm"
import type { Minor } from "../domain/money.ts"
import type { Instant } from "../domain/time.ts"
import { instant } from "../domain/time.ts"
import type { Database, Statement } from "./database.ts"
import type { SandboxObjectRow } from "./rows.ts"
import { agenda, sandboxObjects, tenants } from "./schema.ts"

type Stored = Omit<SandboxObjectRow, "tenantId" | "at" | "madeAt">
type Later = { readonly event: Stored; readonly afterMs: number }

type Machine = { readonly wallNow: () => Instant; readonly newId: () => string }

export function sandboxStore(db: Database, tenantId: string, { wallNow, newId }: Machine) {
  const at = (ref: string) => and(eq(sandboxObjects.tenantId, tenantId), eq(sandboxObjects.ref, ref))

  /** The tenant's clock as it stands: an advance moves it between two jobs. */
  async function now(): Promise<Instant> {
    const where = eq(tenants.id, tenantId)
    const row = await db.select({ clockAt: tenants.clockAt }).from(tenants).where(where).get()
    return row?.clockAt ?? wallNow()
  }

  /** The tenant's clock and what is to be added, in the statement that writes. */
  const clock = (afterMs: number) =>
    sql<Instant>`COALESCE((SELECT clock_at FROM tenants WHERE id = ${tenantId}), ${wallNow()}) + ${afterMs}`

  const insert = (object: Stored, afterMs = 0) =>
    db
      .insert(sandboxObjects)
      .values({ ...object, tenantId, at: clock(afterMs), madeAt: wallNow() })
      .onConflictDoNothing()

  /** Both names of an event derive from what it tells of: scheduling it again changes nothing. */
  async function schedule(later: readonly Later[]): Promise<Statement[]> {
    if (later.length === 0) return []
    const from = await now()
    return later.flatMap(({ event, afterMs }) => [
      insert(event, afterMs),
      db
        .insert(agenda)
        .values({
          id: newId(),
          tenantId,
          dueAt: instant(from + afterMs),
          kind: "sandbox-event",
          subject: event.ref,
          uniqueKey: "deliver",
          status: "Pending",
          attempts: 0,
          createdAt: from,
        })
        .onConflictDoNothing(),
    ])
  }

  async function find(ref: string): Promise<SandboxObjectRow | null> {
    return (await db.select().from(sandboxObjects).where(at(ref)).get()) ?? null
  }

  return {
    find,

    list(kind: Stored["kind"], limit: number): Promise<Stored[]> {
      const where = and(eq(sandboxObjects.tenantId, tenantId), eq(sandboxObjects.kind, kind))
      return db.select().from(sandboxObjects).where(where).orderBy(asc(sandboxObjects.madeAt)).limit(limit)
    },

    childrenOf(kind: Stored["kind"], parent: string): Promise<Stored[]> {
      const where = and(
        eq(sandboxObjects.tenantId, tenantId),
        eq(sandboxObjects.kind, kind),
        eq(sandboxObjects.parent, parent),
      )
      return db.select().from(sandboxObjects).where(where).orderBy(asc(sandboxObjects.madeAt))
    },

    about(ref: string): Promise<SandboxObjectRow[]> {
      const { kind, parent } = sandboxObjects
      const where = and(eq(sandboxObjects.tenantId, tenantId), eq(kind, "Event"), eq(parent, ref))
      return db.select().from(sandboxObjects).where(where).orderBy(asc(sandboxObjects.at))
    },

    async count(kind: Stored["kind"], parent: string, status: string): Promise<number> {
      const where = and(
        eq(sandboxObjects.tenantId, tenantId),
        eq(sandboxObjects.kind, kind),
        eq(sandboxObjects.parent, parent),
        eq(sandboxObjects.status, status),
      )
      return (await db.select({ rows: count() }).from(sandboxObjects).where(where).get())?.rows ?? 0
    },

    async keep(object: Stored, later: readonly Later[]): Promise<boolean> {
      const first = insert(object).returning({ ref: sandboxObjects.ref })
      const [made] = await db.batch([first, ...(await schedule(later))])
      return made.length === 1
    },

    async keepRefund(refund: Stored, ofMinor: Minor, later: readonly Later[]): Promise<void> {
      const { ref, kind, key, parent, amountMinor, status, state } = refund
      const amount = Number(amountMinor ?? 0n)
      await db.run(sql`
        INSERT INTO sandbox_objects (tenant_id, ref, kind, key, parent, amount_minor, status, state, at, made_at)
        SELECT ${tenantId}, ${ref}, ${kind}, ${key}, ${parent}, ${amount}, ${status}, ${JSON.stringify(state)},
          ${clock(0)}, ${wallNow()}
        WHERE ${amount} + COALESCE((
          SELECT SUM(amount_minor) FROM sandbox_objects
          WHERE tenant_id = ${tenantId} AND kind = ${kind} AND parent = ${parent} AND status <> 'Failed'
        ), 0) <= ${Number(ofMinor)}
        ON CONFLICT DO NOTHING`)
      // Behind the refund, which may have been refused. Who died between the two asks again under the same key.
      const [first, ...rest] = (await find(ref)) === null ? [] : await schedule(later)
      if (first !== undefined) await db.batch([first, ...rest])
    },

    async move(ref: string, from: string, to: string): Promise<void> {
      await db
        .update(sandboxObjects)
        .set({ status: to })
        .where(and(at(ref), eq(sandboxObjects.status, from)))
    },
  }
}
