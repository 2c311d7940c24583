// The one snapshot of the subscription's terms. A meter without it has never been used and holds nothing at all.

import type { MeterTerms } from "../../domain/terms.ts"

export class TermsTable {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  read(): MeterTerms | null {
    const row = this.#sql.exec<{ value: string }>("SELECT value FROM meta WHERE name = 'terms'").toArray()[0]
    return row === undefined ? null : JSON.parse(row.value)
  }

  put(terms: MeterTerms): void {
    this.#sql.exec("INSERT OR REPLACE INTO meta (name, value) VALUES ('terms', ?)", JSON.stringify(terms))
  }
}
