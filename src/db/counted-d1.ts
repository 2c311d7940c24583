// A D1 that counts what is asked of it. Each call is a way to it and back; each statement, of a batch too, is one of the queries of which
// an invocation of the worker may make so many and no more.

export type Count = { calls: number; statements: number }

const METHODS = new Set(["run", "all", "raw", "first"])

/** The same D1; `count` grows with every use. */
export function countedD1(d1: D1Database, count: Count): D1Database {
  const add = (statements: number): void => {
    count.calls += 1
    count.statements += statements
  }
  const plain = new WeakMap<object, D1PreparedStatement>()
  const counted = (real: D1PreparedStatement): D1PreparedStatement => {
    const statement = new Proxy(real, {
      get(target, name) {
        if (name === "bind") return (...values: unknown[]) => counted(target.bind(...values))
        const member: unknown = Reflect.get(target, name)
        if (typeof member !== "function") return member
        return (...args: unknown[]) => {
          if (METHODS.has(String(name))) add(1)
          return Reflect.apply(member, target, args) as unknown
        }
      },
    })
    plain.set(statement, real)
    return statement
  }
  return new Proxy(d1, {
    get(target, name) {
      if (name === "prepare") return (query: string) => counted(target.prepare(query))
      if (name === "batch") {
        return (statements: D1PreparedStatement[]) => {
          add(statements.length)
          return target.batch(statements.map((statement) => plain.get(statement) ?? statement))
        }
      }
      const member: unknown = Reflect.get(target, name)
      return typeof member === "function" ? (member.bind(target) as unknown) : member
    },
  })
}
