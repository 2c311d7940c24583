// Pages of lists: newest first by id (UUIDv7 sort by the time they were made), continued below the last id seen.

import { and, desc, eq, lt, sql } from "drizzle-orm"
import type { SQL } from "drizzle-orm"
import type { SQLiteColumn, SQLiteTable } from "drizzle-orm/sqlite-core"
import type { Database } from "../database.ts"

export type Page = { readonly limit: number; readonly before: string | null }

/** One row more than asked for tells whether another page follows. */
export type Paged<T> = { readonly rows: readonly T[]; readonly next: string | null }

type Listed = SQLiteTable & { tenantId: SQLiteColumn; id: SQLiteColumn }

export async function pageOf<T extends Listed>(
  db: Database,
  table: T,
  tenantId: string,
  page: Page,
  filters: readonly (SQL | undefined)[],
): Promise<Paged<T["$inferSelect"]>> {
  const below = page.before === null ? undefined : lt(table.id, page.before)
  const found = await db
    .select()
    .from(table as SQLiteTable)
    .where(and(eq(table.tenantId, tenantId), below, ...filters))
    .orderBy(desc(table.id))
    .limit(page.limit + 1)
  const rows = found.slice(0, page.limit) as (T["$inferSelect"] & { id: string })[]
  const last = rows.at(-1)
  return { rows, next: found.length > page.limit && last !== undefined ? last.id : null }
}

/** What a caller counts off: so many rows, from the `offset`th newest on. */
export type Slice = { readonly offset: number; readonly limit: number }

export async function sliceOf<T extends Listed>(
  db: Database,
  table: T,
  tenantId: string,
  slice: Slice,
  filters: readonly (SQL | undefined)[],
): Promise<T["$inferSelect"][]> {
  const found = await db
    .select()
    .from(table as SQLiteTable)
    .where(and(eq(table.tenantId, tenantId), ...filters))
    .orderBy(desc(table.id))
    .limit(slice.limit)
    .offset(slice.offset)
  return found
}

/** A list as one parameter: a statement takes a hundred. */
export function listed(values: readonly string[]): SQL {
  return sql`(SELECT value FROM json_each(${JSON.stringify(values)}))`
}
