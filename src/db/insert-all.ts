// Many rows of a table in few statements: what an invocation may ask of D1 is counted by statements.

import { getTableColumns } from "drizzle-orm"
import type { SQLiteTable } from "drizzle-orm/sqlite-core"
import type { Database, Statement } from "./database.ts"

/** What D1 binds to a statement at most. */
const PARAMETERS = 100

export function insertAll<T extends SQLiteTable>(
  db: Database,
  table: T,
  rows: readonly T["$inferInsert"][],
): Statement[] {
  const size = Math.floor(PARAMETERS / Object.keys(getTableColumns(table)).length)
  const statements: Statement[] = []
  for (let from = 0; from < rows.length; from += size) {
    statements.push(db.insert(table).values(rows.slice(from, from + size)))
  }
  return statements
}
