// The real D1, where a task stops before and behind every batch, and before some of the other statements.

import { gate, outside } from "./task.ts"

const STATEMENT = Symbol("the statement of D1 itself")

type Own = { readonly [STATEMENT]: D1PreparedStatement }

/** `isSlow`: whether others get between the last statement and this one. */
export function stoppingDatabase(db: D1Database, isSlow: () => boolean): D1Database {
  const stopping = (statement: D1PreparedStatement): D1PreparedStatement => {
    const run =
      (name: "all" | "run" | "raw" | "first") =>
      async (...args: unknown[]): Promise<unknown> => {
        if (isSlow()) await gate("before a statement")
        const method = statement[name] as (...some: unknown[]) => Promise<unknown>
        return outside(() => method.apply(statement, args))
      }
    const own = {
      [STATEMENT]: statement,
      bind: (...values: unknown[]) => stopping(statement.bind(...values)),
      all: run("all"),
      run: run("run"),
      raw: run("raw"),
      first: run("first"),
    }
    return own as unknown as D1PreparedStatement
  }
  const batch = async (statements: D1PreparedStatement[]) => {
    await gate("before a commit")
    const done = await outside(() => db.batch(statements.map((one) => (one as unknown as Own)[STATEMENT])))
    await gate("after a commit")
    return done
  }
  return { prepare: (sql: string) => stopping(db.prepare(sql)), batch } as unknown as D1Database
}
