// Column codecs: how exact values live in SQLite.
// Law: D1 rounds integers above 2^53 silently and refuses bigint parameters, so minor units pass a range check both
// ways and nanos, decimals and ratios are TEXT.

import { customType } from "drizzle-orm/sqlite-core"
import { assert } from "../domain/assert.ts"
import type { Currency } from "../domain/currency.ts"
import type { Minor } from "../domain/money.ts"
import { minor } from "../domain/money.ts"
import type { LineTax } from "../domain/tax.ts"
import type { Instant } from "../domain/time.ts"
import { instant } from "../domain/time.ts"

export const instantColumn = customType<{ data: Instant; driverData: number }>({
  dataType: () => "integer",
  fromDriver: (value) => instant(value),
})

export const minorColumn = customType<{ data: Minor; driverData: number }>({
  dataType: () => "integer",
  fromDriver(value) {
    assert(Number.isSafeInteger(value), "minor units left the safe range in storage", { value })
    return minor(BigInt(value))
  },
  toDriver(value) {
    const number = Number(value)
    assert(Number.isSafeInteger(number), "minor units beyond what storage keeps exactly", {
      value: String(value),
    })
    return number
  },
})

export const currencyColumn = customType<{ data: Currency; driverData: string }>({ dataType: () => "text" })

export const booleanColumn = customType<{ data: boolean; driverData: number }>({
  dataType: () => "integer",
  fromDriver: (value) => value !== 0,
  toDriver: (value) => (value ? 1 : 0),
})

/** A JSON document that is always read and written whole. */
export const jsonColumn = <T>(name: string) =>
  customType<{ data: T; driverData: string }>({
    dataType: () => "text",
    fromDriver: (value) => JSON.parse(value) as T,
    toDriver: (value) => JSON.stringify(value),
  })(name)

type StoredLineTax = { readonly rateId: string | null; readonly amountMinor: string }

/** Shares of taxes: JSON whose amounts are text, as everywhere outside an INTEGER column. */
export const lineTaxesColumn = customType<{ data: readonly LineTax[]; driverData: string }>({
  dataType: () => "text",
  fromDriver: (value) =>
    (JSON.parse(value) as StoredLineTax[]).map(({ rateId, amountMinor }) => ({
      rateId,
      amountMinor: minor(BigInt(amountMinor)),
    })),
  toDriver: (taxes) =>
    JSON.stringify(taxes.map(({ rateId, amountMinor }) => ({ rateId, amountMinor: String(amountMinor) }))),
})
