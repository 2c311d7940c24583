// What some aggregations need beside their totals: the distinct values that UniqueCount has seen, and the points in time of
// sliding windows. Rows, since they are looked up one by one; only meters of these kinds pay for them.

import type { Instant } from "../../domain/time.ts"

export type Point = { readonly at: Instant; readonly seq: number; readonly value: string }

/** Where the total of a scope begins: the cast reads the number up to what follows it. */
const START = "CAST(substr(scope, instr(scope, '|') + 1) AS INTEGER)"

export class MemberTable {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  /** True when it was not there before. */
  add(meter: number, scope: string, member: string): boolean {
    const query = "INSERT OR IGNORE INTO members (meter, scope, member) VALUES (?, ?, ?) RETURNING 1"
    return this.#sql.exec(query, meter, scope, member).toArray().length > 0
  }

  drop(meter: number, scope: string, member: string): void {
    this.#sql.exec("DELETE FROM members WHERE meter = ? AND scope = ? AND member = ?", meter, scope, member)
  }

  /** How many different ones these scopes have together. */
  distinct(meter: number, scopes: readonly string[]): number {
    const query =
      "SELECT count(DISTINCT member) AS n FROM members WHERE meter = ? AND scope IN (SELECT value FROM json_each(?))"
    return this.#sql.exec<{ n: number }>(query, meter, JSON.stringify(scopes)).one().n
  }

  addPoint(meter: number, scope: string, { at, seq, value }: Point): void {
    const query = "INSERT OR REPLACE INTO points (meter, scope, at, seq, value) VALUES (?, ?, ?, ?, ?)"
    this.#sql.exec(query, meter, scope, at, seq, value)
  }

  /** Those with from < at <= to, in the order of time. */
  pointsBetween(meter: number, scope: string, from: Instant, to: Instant): Point[] {
    const query =
      "SELECT at, seq, value FROM points WHERE meter = ? AND scope = ? AND at > ? AND at <= ? ORDER BY at, seq"
    return this.#sql
      .exec<{ at: number; seq: number; value: string }>(query, meter, scope, from, to)
      .toArray()
      .map(({ at, seq, value }) => ({ at: at as Instant, seq, value }))
  }

  /** Those of totals that begin at `from` or later. */
  dropMeter(meter: number, from: Instant): void {
    this.#sql.exec(`DELETE FROM members WHERE meter = ? AND ${START} >= ?`, meter, from)
    this.#sql.exec(`DELETE FROM points WHERE meter = ? AND ${START} >= ?`, meter, from)
  }

  /** Those of periods, groups and windows that begin in [from, to). */
  dropPeriods(meter: number, from: Instant, to: Instant): void {
    const within = `meter = ? AND scope NOT LIKE 'Hour|%' AND ${START} >= ? AND ${START} < ?`
    this.#sql.exec(`DELETE FROM members WHERE ${within}`, meter, from, to)
    this.#sql.exec(`DELETE FROM points WHERE ${within}`, meter, from, to)
  }

  /** Hours have no points. */
  dropHours(meter: number, from: Instant, to: Instant): void {
    const within = `meter = ? AND scope LIKE 'Hour|%' AND ${START} >= ? AND ${START} < ?`
    this.#sql.exec(`DELETE FROM members WHERE ${within}`, meter, from, to)
  }
}
