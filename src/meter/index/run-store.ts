// The runs and their pages in SQLite. Numbers of 32 bits lie in BLOBs, low byte first. In a row of a page the filter stands
// first, so that reading it alone doesn't walk over the rest.

import { assert } from "../../domain/assert.ts"
import { filterTable, PageFilter } from "./page-filter.ts"
import { HIGHEST_HASH, Run } from "./run.ts"
import type { SortedEntries } from "./tail.ts"

export const INDEX_TABLES: readonly string[] = [
  // `starts`: the first hash of each page. `sources`: while the run is made of others, [run, entries taken] of each as JSON;
  // `high` is then the last hash that it has, -1 before the first.
  `CREATE TABLE index_runs (
    run INTEGER PRIMARY KEY,
    level INTEGER NOT NULL,
    entries INTEGER NOT NULL,
    page_entries INTEGER NOT NULL,
    high INTEGER NOT NULL,
    sources TEXT,
    starts BLOB NOT NULL
  ) STRICT`,
  // `page` is run * 2^20 + the number of the page in it: one key, and the pages of a run lie together.
  `CREATE TABLE index_pages (
    page INTEGER PRIMARY KEY,
    filter BLOB NOT NULL,
    hashes BLOB NOT NULL,
    seqs BLOB NOT NULL
  ) STRICT`,
]

const PAGES_OF_RUN = 2 ** 20

type RunRow = {
  run: number
  level: number
  entries: number
  page_entries: number
  high: number
  sources: string | null
  starts: ArrayBuffer
}

export class RunStore {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  /** All runs, the oldest first; no page is read. */
  runs(): Run[] {
    const query =
      "SELECT run, level, entries, page_entries, high, sources, starts FROM index_runs ORDER BY run"
    const rows = this.#sql.exec<RunRow>(query).toArray()
    const runs = new Map(rows.map((row) => [row.run, fromRow(row)]))
    for (const { run: id, sources } of rows) {
      const run = runs.get(id)
      if (run === undefined || sources === null) continue
      run.sources = (JSON.parse(sources) as [number, number][]).map(([source, taken]) => {
        const found = runs.get(source)
        assert(found !== undefined, "a run is kept while another is made of it", { id, source })
        return { run: found, taken }
      })
      run.tellSources()
    }
    return [...runs.values()]
  }

  save(run: Run): void {
    this.#sql.exec(
      `INSERT OR REPLACE INTO index_runs (run, level, entries, page_entries, high, sources, starts)
        VALUES (?, ?, ?, ?, ?, ?, ?)`,
      run.id,
      run.level,
      run.entries,
      run.pageEntries,
      run.high,
      run.sources === null
        ? null
        : JSON.stringify(run.sources.map((source) => [source.run.id, source.taken])),
      run.starts,
    )
  }

  /** Its pages go by `dropPages`. */
  dropRun(run: Run): void {
    this.#sql.exec("DELETE FROM index_runs WHERE run = ?", run.id)
  }

  savePage(run: Run, page: number, { hashes, seqs }: SortedEntries): void {
    assert(page < PAGES_OF_RUN, "a run has no more pages than its key holds", { page })
    const query = "INSERT INTO index_pages (page, filter, hashes, seqs) VALUES (?, ?, ?, ?)"
    this.#sql.exec(query, keyOf(run, page), filterTable(hashes), hashes, seqs)
  }

  filter(run: Run, page: number): PageFilter {
    const query = "SELECT filter FROM index_pages WHERE page = ?"
    const { filter } = this.#sql.exec<{ filter: ArrayBuffer }>(query, keyOf(run, page)).one()
    const size = Math.min(run.pageEntries, run.entries - page * run.pageEntries)
    return new PageFilter(run.starts[page] ?? 0, size, new Uint16Array(filter))
  }

  hashes(run: Run, page: number): Uint32Array {
    const query = "SELECT hashes FROM index_pages WHERE page = ?"
    return new Uint32Array(this.#sql.exec<{ hashes: ArrayBuffer }>(query, keyOf(run, page)).one().hashes)
  }

  page(run: Run, page: number): SortedEntries {
    const query = "SELECT hashes, seqs FROM index_pages WHERE page = ?"
    const row = this.#sql.exec<{ hashes: ArrayBuffer; seqs: ArrayBuffer }>(query, keyOf(run, page)).one()
    return { hashes: new Uint32Array(row.hashes), seqs: new Uint32Array(row.seqs) }
  }

  /** Those from `from` up to, not with, `to`. */
  dropPages(run: Run, from: number, to: number): void {
    const query = "DELETE FROM index_pages WHERE page >= ? AND page < ?"
    if (from < to) this.#sql.exec(query, keyOf(run, from), keyOf(run, to))
  }
}

function keyOf(run: Run, page: number): number {
  return run.id * PAGES_OF_RUN + page
}

function fromRow(row: RunRow): Run {
  const run = new Run(row.run, row.level, row.page_entries, row.entries, new Uint32Array(row.starts))
  run.high = row.sources === null ? HIGHEST_HASH : row.high
  return run
}
