// What is charged as tax, how a tenant says so, and how it is frozen onto an invoice.
// Law: an invoice's tax is the sum of its tax lines, and the sum of its lines' shares of them.

import type { Minor } from "./money.ts"
import { minor } from "./money.ts"

/** One rate that applied to an invoice. */
export type AppliedRate = {
  /** The stored rate, or null for the tenant's flat one. */
  readonly rateId: string | null
  readonly name: string
  /** Hundredths of a percent, a decimal as text: 9.975 % are "997.5". */
  readonly rateBps: string
  /** Whether the prices contain it already. */
  readonly isInclusive: boolean
}

/** What one line bears of one rate's tax. */
export type LineTax = { readonly rateId: string | null; readonly amountMinor: Minor }

/** All tax that a line bears. */
export function taxOfLine({ taxes }: { readonly taxes: readonly LineTax[] | null }): Minor {
  return minor((taxes ?? []).reduce((sum, tax) => sum + tax.amountMinor, 0n))
}

export const TAX_MODES = ["PassThrough", "FlatRate", "Rates"] as const

export type TaxMode = (typeof TAX_MODES)[number]

/** How a tenant taxes. */
export type TaxSettings =
  /** Not at all. */
  | { readonly mode: "PassThrough" }
  /** One rate for everybody without a tax id. */
  | {
      readonly mode: "FlatRate"
      readonly bps: string
      readonly name: string
      readonly isInclusive: boolean
    }
  /** By the stored rates of where the customer is; `country` is where the seller is. */
  | { readonly mode: "Rates"; readonly country: string }

export const NO_TAX: TaxSettings = { mode: "PassThrough" }

/** TaxId: customers who have one pay no flat rate. ReverseCharge: the customer accounts for the tax itself. */
export const TAX_EXEMPTIONS = ["TaxId", "ReverseCharge"] as const

export type TaxExemption = (typeof TAX_EXEMPTIONS)[number]

/** How an invoice was taxed; frozen with it. */
export type InvoiceTax = {
  readonly mode: TaxMode
  readonly country: string | null
  readonly region: string | null
  readonly taxId: string | null
  readonly exemption: TaxExemption | null
  readonly rates: readonly AppliedRate[]
}

/** What an invoice must say beside its amounts (Directive 2006/112/EC, article 226, point 11a). */
export function taxNote({ exemption }: InvoiceTax): string | null {
  return exemption === "ReverseCharge"
    ? "Reverse charge: the recipient accounts for the VAT (article 196 of Directive 2006/112/EC)."
    : null
}
