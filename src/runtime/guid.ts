// Billy's names of things: two letters that say what it is, and the sixteen bytes of its id in base58.
// Law: a guid and an id are two spellings of one name, so nothing has to remember which belongs to which.

import { decodeBase58, encodeBase58 } from "./base58.ts"

const PREFIXES = {
  company: "CP",
  customer: "CU",
  plan: "PL",
  subscription: "SU",
  invoice: "IV",
  transaction: "TX",
  failure: "TF",
} as const

export type Kind = keyof typeof PREFIXES

const ID_BYTES = 16

export function guidOf(kind: Kind, id: string): string {
  const digits = id.replaceAll("-", "")
  const bytes = Uint8Array.from({ length: ID_BYTES }, (_, at) =>
    Number.parseInt(digits.slice(2 * at, 2 * at + 2), 16),
  )
  return PREFIXES[kind] + encodeBase58(bytes)
}

/** The id that a guid of this kind names; null: it is none. */
export function idOf(kind: Kind, guid: string): string | null {
  if (!guid.startsWith(PREFIXES[kind])) return null
  const bytes = decodeBase58(guid.slice(2), ID_BYTES)
  if (bytes === null) return null
  const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5")
}
