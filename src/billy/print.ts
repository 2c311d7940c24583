// JSON and dates as Python prints them: keys sorted, four spaces, nothing but ASCII; UTC with its offset, and no fraction of
// a second where there is none.

import type { Instant } from "../domain/time.ts"
import { formatInstant } from "../domain/time.ts"

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

export function print(value: Json): string {
  return JSON.stringify(sorted(value), null, 4).replaceAll(/[\u007f-\uffff]/g, escaped)
}

function sorted(value: Json): Json {
  if (value === null || typeof value !== "object") return value
  if (isList(value)) return value.map(sorted)
  const names = Object.keys(value).toSorted()
  return Object.fromEntries(names.map((name) => [name, sorted(value[name] ?? null)]))
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`
}

/** `2014-02-08T08:22:10.629000+00:00`, `2014-01-31T10:00:00+00:00`. */
export function isoDate(at: Instant): string {
  const [seconds = "", fraction] = formatInstant(at).replace(/Z$/, "").split(".")
  const micros = fraction === undefined ? "" : fraction.padEnd(6, "0")
  return `${seconds}${/^0*$/.test(micros) ? "" : `.${micros}`}+00:00`
}

/** A text as Python 2 shows it: `u'CU123'`. */
export function pythonText(text: string): string {
  const plain = JSON.stringify(text)
    .slice(1, -1)
    .replaceAll('\\"', '"')
    .replaceAll(/[\u007f-\uffff]/g, escaped)
  return text.includes("'") && !text.includes('"') ? `u"${plain}"` : `u'${plain.replaceAll("'", "\\'")}'`
}
