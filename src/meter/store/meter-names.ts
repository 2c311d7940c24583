// Meters by number: their keys are long, and stand in every row of totals.

export class MeterNames {
  readonly #sql: SqlStorage
  #numbers: Map<string, number> | null = null
  #keys = new Map<number, string>()

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  /** Null for a meter that never counted anything. */
  find(key: string): number | null {
    return this.#loaded().get(key) ?? null
  }

  /** Gives it a number where it has none, in the running transaction. */
  numberOf(key: string): number {
    const known = this.find(key)
    if (known !== null) return known
    const { id } = this.#sql
      .exec<{ id: number }>("INSERT INTO meters (key) VALUES (?) RETURNING id", key)
      .one()
    this.#loaded().set(key, id)
    this.#keys.set(id, key)
    return id
  }

  keyOf(number: number): string {
    this.#loaded()
    const key = this.#keys.get(number)
    if (key === undefined) throw new Error(`No meter has the number ${number}.`)
    return key
  }

  all(): readonly number[] {
    return [...this.#loaded().values()]
  }

  /** A transaction that failed may have taken numbers back. */
  forget(): void {
    this.#numbers = null
    this.#keys.clear()
  }

  #loaded(): Map<string, number> {
    if (this.#numbers !== null) return this.#numbers
    const rows = this.#sql.exec<{ id: number; key: string }>("SELECT id, key FROM meters").toArray()
    this.#numbers = new Map(rows.map(({ id, key }) => [key, id]))
    for (const { id, key } of rows) this.#keys.set(id, key)
    return this.#numbers
  }
}
