// A database that counts what is asked of it: calls, each a round trip, and the statements in them.

export type Calls = { calls: number; statements: number }

const METHODS = new Set(["run", "all", "raw", "first"])

/** The same database; `counted` grows with every use. */
export function countedD1(database: D1Database, counted: Calls): D1Database {
  const plain = new WeakMap<object, D1PreparedStatement>()
  const count = (statements: number): void => {
    counted.calls += 1
    counted.statements += statements
  }
  const statementOf = (real: D1PreparedStatement): D1PreparedStatement => {
    const proxy = new Proxy(real, {
      get(target, name) {
        if (name === "bind") return (...values: unknown[]) => statementOf(target.bind(...values))
        const member: unknown = Reflect.get(target, name)
        if (typeof member !== "function") return member
        if (METHODS.has(String(name))) {
          return (...args: unknown[]) => {
            count(1)
            return Reflect.apply(member, target, args) as unknown
          }
        }
        return member.bind(target) as unknown
      },
    })
    plain.set(proxy, real)
    return proxy
  }
  return new Proxy(database, {
    get(target, name) {
      if (name === "prepare") return (query: string) => statementOf(target.prepare(query))
      if (name === "batch") {
        return (statements: D1PreparedStatement[]) => {
          count(statements.length)
          return target.batch(statements.map((statement) => plain.get(statement) ?? statement))
        }
      }
      const member: unknown = Reflect.get(target, name)
      return typeof member === "function" ? (member.bind(target) as unknown) : member
    },
  })
}
