// Adds postings to the sums by day, in the batch that writes their entries.

import { sql } from "drizzle-orm"
import type { Posting } from "../domain/ledger.ts"
import { bookedInFull } from "../domain/ledger.ts"
import type { Instant } from "../domain/time.ts"
import type { Database, Statement } from "./database.ts"
import { ledgerDays } from "./schema.ts"

/** One statement, however many entries: it takes them as JSON. Amounts travel as text, since JSON numbers end at 2^53. */
export function countDays(
  db: Database,
  tenantId: string,
  bookedAt: Instant,
  postings: readonly Posting[],
): Statement {
  const amounts = postings.flatMap(({ currency, entries }) =>
    entries.map(({ account, amount, days }) => [
      currency,
      account,
      bookedInFull(days, bookedAt),
      amount.toString(),
    ]),
  )
  return db
    .insert(ledgerDays)
    .select(
      sql`SELECT ${tenantId}, value ->> 0, value ->> 1, value ->> 2, CAST(value ->> 3 AS INTEGER)
        FROM json_each(${JSON.stringify(amounts)}) WHERE true`,
    )
    .onConflictDoUpdate({
      target: [ledgerDays.tenantId, ledgerDays.currency, ledgerDays.account, ledgerDays.day],
      set: { amountMinor: sql`${ledgerDays.amountMinor} + excluded.amount_minor` },
    })
}
