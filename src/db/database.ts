// The handle on D1 that the stores share, and what a statement of a batch is.

import { drizzle } from "drizzle-orm/d1"
import type { DrizzleD1Database } from "drizzle-orm/d1"
import type { BatchItem } from "drizzle-orm/batch"
import * as schema from "./schema.ts"

export type Database = DrizzleD1Database<typeof schema>
export type Statement = BatchItem<"sqlite">

/** An UPDATE that must change exactly one row, or the whole commit is undone. */
export type Guarded = { readonly guard: Statement }

/** Reading the schema takes longer than most requests: an isolate opens its database once. */
export function openDatabase(d1: D1Database): Database {
  return drizzle(d1, { schema })
}
