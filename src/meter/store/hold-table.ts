// What is set aside for work that is under way: a row for each hold until it is captured, released or over.

import type { Instant } from "../../domain/time.ts"

export type Hold = {
  readonly id: string
  readonly periodStart: Instant
  readonly periodEnd: Instant
  /** Nanos as text. */
  readonly amount: string
  /** By the machine's clock: a hold is about work that is being done now. */
  readonly createdAt: Instant
  readonly expiresAt: Instant
}

type Columns = {
  id: string
  period_start: number
  period_end: number
  amount: string
  created_at: number
  expires_at: number
}

export class HoldTable {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  all(): Hold[] {
    return this.#sql.exec<Columns>("SELECT * FROM holds ORDER BY id").toArray().map(fromColumns)
  }

  put(hold: Hold): void {
    this.#sql.exec(
      `INSERT OR REPLACE INTO holds (id, period_start, period_end, amount, created_at, expires_at)
       VALUES (?, ?, ?, ?, ?, ?)`,
      hold.id,
      hold.periodStart,
      hold.periodEnd,
      hold.amount,
      hold.createdAt,
      hold.expiresAt,
    )
  }

  drop(id: string): void {
    this.#sql.exec("DELETE FROM holds WHERE id = ?", id)
  }
}

function fromColumns(row: Columns): Hold {
  return {
    id: row.id,
    periodStart: row.period_start as Instant,
    periodEnd: row.period_end as Instant,
    amount: row.amount,
    createdAt: row.created_at as Instant,
    expiresAt: row.expires_at as Instant,
  }
}
