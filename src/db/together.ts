// Reads that belong together: D1 is asked once for all of them, and they are of one moment.
// Law: a query that is asked with others names no two columns alike, since the results of a batch are told by their names.

import { sql } from "drizzle-orm"
import type { SQL } from "drizzle-orm"
import type { Database, Statement } from "./database.ts"

/** What is to be asked, and what the answers mean. */
export type Read<T> = {
  readonly statements: readonly Statement[]
  readonly of: (results: readonly unknown[]) => T
}

type ValuesOf<R extends readonly Read<unknown>[]> = {
  readonly [At in keyof R]: R[At] extends Read<infer T> ? T : never
}

/** `of`: what the rows of the statement mean. */
export function reading<S extends Statement, T>(statement: S, of: (rows: S["_"]["result"]) => T): Read<T> {
  return { statements: [statement], of: ([rows]) => of(rows) }
}

/** The rows of a query that is written out. `columns`: the names that it gives them. */
export function readingRows<Row extends Record<string, unknown>>(
  db: Database,
  columns: readonly (keyof Row & string)[],
  query: SQL,
): Read<Row[]> {
  const fields = Object.fromEntries(columns.map((name) => [name, sql`${sql.identifier(name)}`]))
  return reading(db.select(fields).from(sql`(${query})`), (rows) => rows as Row[])
}

/** The first row of the statement. */
export function readingOne<Row>(
  statement: Statement & { readonly _: { readonly result: Row[] } },
): Read<Row | null> {
  return reading(statement, (rows: Row[]) => rows[0] ?? null)
}

/** The same asked, and more made of it. */
export function mapped<A, B>({ statements, of }: Read<A>, then: (value: A) => B): Read<B> {
  return { statements, of: (results) => then(of(results)) }
}

/** What is known without asking. */
export function known<T>(value: T): Read<T> {
  return { statements: [], of: () => value }
}

/** Several reads as one. */
export function allOf<const R extends readonly Read<unknown>[]>(reads: R): Read<ValuesOf<R>> {
  return {
    statements: reads.flatMap(({ statements }) => statements),
    of: (results) => {
      let from = 0
      const values = reads.map(({ statements, of }) => of(results.slice(from, (from += statements.length))))
      return values as unknown as ValuesOf<R>
    },
  }
}

export async function ask<T>(db: Database, { statements, of }: Read<T>): Promise<T> {
  const [first, ...rest] = statements
  return of(first === undefined ? [] : await db.batch([first, ...rest]))
}

export function together<const R extends readonly Read<unknown>[]>(
  db: Database,
  reads: R,
): Promise<ValuesOf<R>> {
  return ask(db, allOf(reads))
}
