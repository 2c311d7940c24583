// D1 that counts what it is asked and what it reads for it, so that a test can say what something costs.

import { env } from "cloudflare:workers"
import type { Database } from "../../src/db/database.ts"
import { openDatabase } from "../../src/db/database.ts"

export type Cost = { askings: number; rowsRead: number }

const STATEMENT = Symbol("the statement of D1 itself")

export function countingDatabase(): { readonly db: Database; readonly cost: Cost } {
  const cost: Cost = { askings: 0, rowsRead: 0 }
  const counted = <R extends D1Result<any>>(result: R): R => {
    cost.rowsRead += result.meta.rows_read
    return result
  }
  const counting = (statement: D1PreparedStatement): object => {
    const all = async () => {
      cost.askings += 1
      return counted(await statement.all())
    }
    return {
      [STATEMENT]: statement,
      bind: (...values: unknown[]) => counting(statement.bind(...values)),
      all,
      run: all,
      // Its rows tell no cost. They are asked for as objects, whose values are in the order of the columns.
      raw: async () => (await all()).results.map((row) => Object.values(row)),
    }
  }
  const batch = async (statements: { readonly [STATEMENT]: D1PreparedStatement }[]) => {
    cost.askings += 1
    return (await env.DB.batch(statements.map((one) => one[STATEMENT]))).map(counted)
  }
  const d1 = { prepare: (sql: string) => counting(env.DB.prepare(sql)), batch }
  return { db: openDatabase(d1 as unknown as D1Database), cost }
}
