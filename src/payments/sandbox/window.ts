// What anybody could see at a processor's own site: its objects, what happened to each, and who is told of it.
// Law: looking changes nothing but that an event of what was settled at once is kept when it is first looked for, under the
// name that it has for ever. So it can be read, and told, like any other.

import type { KnownEvent, SandboxWindow } from "../port.ts"
import { eventOf, TOLD, typeOf } from "./events.ts"
import type { SandboxEventType } from "./events.ts"
import type { KeptObject, SandboxObject, SandboxStore } from "./store.ts"

const WEBHOOKS = 100

export function sandboxWindow(store: SandboxStore): SandboxWindow {
  return {
    look: (ref) => store.find(ref),

    async eventsOf(ref) {
      const about = await store.find(ref)
      if (about === null) return []
      const made = settledAtOnce(about)
      if (made !== null) await store.keep(made, [])
      const events = await store.about(ref)
      return events.flatMap(knownOf)
    },

    async webhooks() {
      const found = await store.list("Webhook", WEBHOOKS)
      return found.map(({ ref, state }) => ({ ref, url: String(state["url"]) }))
    },
  }
}

function knownOf({ ref, status, at, state }: KeptObject): KnownEvent[] {
  return status === TOLD && at !== null ? [{ id: ref, type: String(state["type"]), occurredAt: at }] : []
}

const NAMES: Readonly<Partial<Record<SandboxObject["kind"], string>>> = {
  Charge: "charge",
  Refund: "refund",
  Payout: "payout",
}

function settledAtOnce(about: KeptObject): SandboxObject | null {
  const name = NAMES[about.kind]
  if (name === undefined || (about.status !== "Succeeded" && about.status !== "Failed")) return null
  const type = `${name}.${about.status.toLowerCase()}` as SandboxEventType
  const { event } = eventOf(type, about, 0)
  return typeOf(event) === null ? null : { ...event, status: TOLD }
}
