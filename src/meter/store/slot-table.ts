// The totals as of the last checkpoint: a row for each period, group, window and hour of a meter.
// Law: whatever is newer lies in the log's rows after the checkpoint and wins over what is here.

import type { Instant } from "../../domain/time.ts"
import type { SlotKind } from "../slots.ts"

/** As stored: the meter by its number, the state as text. */
export type SlotRow = {
  readonly kind: SlotKind
  readonly meter: number
  readonly start: Instant
  readonly group: string
  readonly periodStart: Instant
  readonly end: Instant
  readonly count: number
  readonly state: string
  readonly seq: number
}

// The number of a kind is stored, so none is ever given another meaning.
const KINDS: readonly SlotKind[] = ["Period", "Group", "Window", "Hour"]

export function kindNumber(kind: SlotKind): number {
  return KINDS.indexOf(kind)
}

export function kindOf(number: number): SlotKind {
  const kind = KINDS[number]
  if (kind === undefined) throw new Error(`There is no kind of slot with the number ${number}.`)
  return kind
}

type Columns = {
  kind: number
  meter: number
  start_at: number
  grp: string
  period_start: number
  end_at: number
  count: number
  state: string
  seq: number
}

export class SlotTable {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  read(kind: SlotKind, meter: number, start: Instant, group: string): SlotRow | null {
    const query = "SELECT * FROM slots WHERE kind = ? AND meter = ? AND start_at = ? AND grp = ?"
    const row = this.#sql.exec<Columns>(query, kindNumber(kind), meter, start, group).toArray()[0]
    return row === undefined ? null : fromColumns(row)
  }

  /** Those of one kind and meter that start in [from, to). */
  startingIn(kind: SlotKind, meter: number, from: Instant, to: Instant): SlotRow[] {
    const query = "SELECT * FROM slots WHERE kind = ? AND meter = ? AND start_at >= ? AND start_at < ?"
    return this.#sql.exec<Columns>(query, kindNumber(kind), meter, from, to).toArray().map(fromColumns)
  }

  /** The starts of the periods in which a total changed after `seq`. */
  periodsChangedSince(seq: number): Instant[] {
    const query = "SELECT DISTINCT start_at FROM slots WHERE kind = 0 AND seq > ?"
    const rows = this.#sql.exec<{ start_at: number }>(query, seq).toArray()
    return rows.map((row) => row.start_at as Instant)
  }

  groupCount(meter: number, periodStart: Instant): number {
    const query = "SELECT count(*) AS n FROM slots WHERE kind = 1 AND meter = ? AND start_at = ?"
    return this.#sql.exec<{ n: number }>(query, meter, periodStart).one().n
  }

  put(row: SlotRow): void {
    this.#sql.exec(
      `INSERT OR REPLACE INTO slots (kind, meter, start_at, grp, period_start, end_at, count, state, seq)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      kindNumber(row.kind),
      row.meter,
      row.start,
      row.group,
      row.periodStart,
      row.end,
      row.count,
      row.state,
      row.seq,
    )
  }

  /** Periods, groups and windows that begin in [from, to). */
  dropPeriods(meter: number, from: Instant, to: Instant): void {
    const query = "DELETE FROM slots WHERE kind IN (0, 1, 2) AND meter = ? AND start_at >= ? AND start_at < ?"
    this.#sql.exec(query, meter, from, to)
  }

  dropHours(meter: number, from: Instant, to: Instant): void {
    this.#sql.exec(
      "DELETE FROM slots WHERE kind = 3 AND meter = ? AND start_at >= ? AND start_at < ?",
      meter,
      from,
      to,
    )
  }

  /** What begins at `from` or later. */
  dropMeter(meter: number, from: Instant): void {
    this.#sql.exec("DELETE FROM slots WHERE meter = ? AND start_at >= ?", meter, from)
  }
}

function fromColumns(row: Columns): SlotRow {
  return {
    kind: kindOf(row.kind),
    meter: row.meter,
    start: row.start_at as Instant,
    group: row.grp,
    periodStart: row.period_start as Instant,
    end: row.end_at as Instant,
    count: row.count,
    state: row.state,
    seq: row.seq,
  }
}
