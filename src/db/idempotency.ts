// Idempotency keys: claim before the work, store the answer in the batch of the work, release on refusal.
// Law: only a committed answer is stored; a request that failed or died never burns its key.

import { and, eq, isNull, lte, sql } from "drizzle-orm"
import type { Instant } from "../domain/time.ts"
import type { Answer, Claim } from "./commit.ts"
import type { Database } from "./database.ts"
import { idempotency } from "./schema.ts"

export type ClaimOutcome =
  | { readonly kind: "Claimed"; readonly claim: Claim }
  | { readonly kind: "Replay"; readonly answer: Answer }
  | { readonly kind: "Reused" }
  | { readonly kind: "InProgress"; readonly retryAfterMs: number }

export type ClaimRequest = {
  readonly tenantId: string
  readonly scope: string
  readonly requestHash: string
  readonly token: string
  /** Wall time: a key's life has nothing to do with a test clock. */
  readonly now: Instant
  readonly leaseUntil: Instant
  readonly expiresAt: Instant
}

export async function claimKey(db: Database, request: ClaimRequest): Promise<ClaimOutcome> {
  const { tenantId, scope, requestHash, now, leaseUntil, expiresAt } = request
  const fresh = {
    requestHash,
    claim: request.token,
    leaseUntil,
    expiresAt,
    status: null,
    body: null,
    sealed: false,
  }
  const claimed = await db
    .insert(idempotency)
    .values({ tenantId, scope, ...fresh })
    .onConflictDoUpdate({
      target: [idempotency.tenantId, idempotency.scope],
      set: fresh,
      setWhere: sql`${idempotency.expiresAt} <= ${now} OR (${idempotency.status} IS NULL AND ${idempotency.leaseUntil} <= ${now})`,
    })
    .returning({ claim: idempotency.claim })
  if (claimed.length === 1) return { kind: "Claimed", claim: { tenantId, scope, token: request.token } }
  const where = and(eq(idempotency.tenantId, tenantId), eq(idempotency.scope, scope))
  const held = await db.select().from(idempotency).where(where).get()
  // The holder gave the key back between the two statements: the caller may come again at once.
  if (held === undefined) return { kind: "InProgress", retryAfterMs: 1_000 }
  if (held.requestHash !== requestHash) return { kind: "Reused" }
  if (held.status === null || held.body === null) {
    return { kind: "InProgress", retryAfterMs: Math.max(1_000, Math.min(held.leaseUntil - now, 5_000)) }
  }
  return { kind: "Replay", answer: { status: held.status, body: held.body, secret: held.sealed } }
}

/** Gives the key back: nothing was committed under it. */
export async function releaseKey(db: Database, claim: Claim): Promise<void> {
  await db
    .delete(idempotency)
    .where(
      and(
        eq(idempotency.tenantId, claim.tenantId),
        eq(idempotency.scope, claim.scope),
        eq(idempotency.claim, claim.token),
        isNull(idempotency.status),
      ),
    )
}

/** Whether what runs under a key was done. */
export async function isAnswered(db: Database, tenantId: string, scope: string): Promise<boolean> {
  const where = and(eq(idempotency.tenantId, tenantId), eq(idempotency.scope, scope))
  const row = await db.select({ status: idempotency.status }).from(idempotency).where(where).get()
  return row !== undefined && row.status !== null
}

export async function forgetExpiredKeys(db: Database, now: Instant, limit: number): Promise<void> {
  const expired = db
    .select({ row: sql`rowid` })
    .from(idempotency)
    .where(lte(idempotency.expiresAt, now))
    .limit(limit)
  await db.delete(idempotency).where(sql`rowid IN ${expired}`)
}
