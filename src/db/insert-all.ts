// Many rows of a table in few statements: what an invocation may ask of D1 is counted by statements.

import { getTableColumns } from "drizzle-orm"
import type { SQLiteTable } from "drizzle-orm/sqlite-core"
import type { Database, Statement } from "./database.ts"

/** What D1 binds to a statement at most. */
const PARAMETERS = 100

/** What the values of a row may bind beyond one for each column, where one is computed. */
const EXTRA = 2

export function insertAll<T extends SQLiteTable>(
  db: Database,
  table: T,
  rows: readonly T["$inferInsert"][],
): Statement[] {
  return pagesOf(table, rows).map((page) => db.insert(table).values(page))
}

/** The same for rows of which some may be there already. */
export function insertMissing<T extends SQLiteTable>(
  db: Database,
  table: T,
  rows: readonly T["$inferInsert"][],
): Statement[] {
  return pagesOf(table, rows).map((page) => db.insert(table).values(page).onConflictDoNothing())
}

function pagesOf<T extends SQLiteTable>(table: T, rows: readonly T["$inferInsert"][]) {
  const size = Math.floor(PARAMETERS / (Object.keys(getTableColumns(table)).length + EXTRA))
  return Array.from({ length: Math.ceil(rows.length / size) }, (_, n) => rows.slice(n * size, (n + 1) * size))
}
