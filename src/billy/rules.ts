// Rules of parameters that several forms have.

import { ownerOf } from "../db/owners.ts"
import { err, ok } from "../domain/result.ts"
import type { Instant } from "../domain/time.ts"
import { parseInstant } from "../domain/time.ts"
import type { Ctx } from "./door.ts"
import type { Rule } from "./form.ts"
import { optionalText, REQUIRED } from "./form.ts"
import { idOf } from "./guid.ts"

/** Something that exists, by its guid; whose it is, is asked after the form. */
export type Existing = { readonly id: string; readonly tenantId: string }

const RECORDS = { customer: "Customer", plan: "Plan" } as const

export function existing(c: Ctx, kind: keyof typeof RECORDS): Rule<Existing> {
  return async (sent) => {
    if (sent === null || sent.trim() === "") return err([REQUIRED])
    const id = idOf(kind, sent)
    const tenantId = id === null ? null : await ownerOf(c.get("door").platform.db, kind, id)
    if (id === null || tenantId === null) return err([`No such ${RECORDS[kind]} record ${sent}`])
    return ok({ id, tenantId })
  }
}

/** Printable ASCII but `*`, `,` and `/`. */
export const statement = optionalText({ max: 18, pattern: /^[ -)+\-.0-~]*$/ })

/** `YYYY-MM-DD`, alone or with any one character and `HH:MM:SS`, a fraction and an offset; without an offset it is UTC. */
const ISO_8601 = /^(\d{4}-\d{2}-\d{2})(?:[^\d](\d{2}:\d{2}:\d{2}(?:\.\d+)?)(Z|[+-]\d{2}(?::?\d{2})?)?)?$/

export function readIso8601(text: string): Instant | null {
  const [, day, time = "00:00:00", zone = "Z"] = ISO_8601.exec(text) ?? []
  if (day === undefined) return null
  const [, sign, hours = "00", minutes = "00"] = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone) ?? []
  const at = parseInstant(`${day}T${time}${sign === undefined ? "Z" : `${sign}${hours}:${minutes}`}`)
  return at.ok ? at.value : null
}

/** Not before now. */
export function startFrom(now: Instant): Rule<Instant | null> {
  return (sent) => {
    if (sent === null || sent === "") return ok(null)
    const at = readIso8601(sent)
    if (at === null) return err([`Invalid ISO8601 datetime ${sent}`])
    return at < now ? err([`Datetime ${sent} in the past is not allowed`]) : ok(at)
  }
}
