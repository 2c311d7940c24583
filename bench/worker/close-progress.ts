// How far the closes of a tenant are, and what all jobs have asked of D1 since the worker started.

export type CloseProgress = {
  /** Invoices with a number, the different ones among the numbers, and how many were drawn. */
  readonly numbered: number
  readonly numbers: number
  readonly drawn: number
  /** Of all ledger entries. */
  readonly balance: number
  readonly calls: number
  readonly statements: number
  readonly messages: number
}
