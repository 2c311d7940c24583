// Tells a customer by mail what happened. Runs from the agenda, on which the commit of the event has put it.
// Law: at least once, under one key, so that a provider that knows keys sends it once. What the provider refuses is told in the audit
// trail and not tried again; what is unknown is tried again.

import type { AuditEntry } from "../db/commit.ts"
import type { WebhookEventRow } from "../db/rows.ts"
import { isDeliverable } from "../domain/mail.ts"
import { ok } from "../domain/result.ts"
import { notificationsOf } from "../domain/tenant.ts"
import type { Mail } from "../mail/port.ts"
import type { Outcome } from "./act.ts"
import { letterOf } from "./letter.ts"
import type { Scope } from "./scope.ts"
import { currentTenant } from "./update-tenant.ts"

export async function sendMail(scope: Scope, eventId: string): Promise<Outcome<null>> {
  const event = await scope.read.webhooks.event(eventId)
  const mail = event === null ? null : await mailOf(scope, event)
  const sent = mail === null ? null : { mail, outcome: await scope.platform.mailer.send(mail) }
  const audit: AuditEntry[] = []
  if (event !== null && sent !== null) {
    const { status, ...detail } = sent.outcome
    audit.push({
      action: status === "Sent" ? "mail.sent" : "mail.refused",
      subjectType: event.subjectType,
      subjectId: event.subjectId,
      customerId: event.customerId,
      after: { event_type: event.type, to: sent.mail.to, ...detail },
    })
  }
  await scope.commit({ audit })
  return ok(null)
}

/** Null where nothing is to be told, or nobody is there to tell it to. */
async function mailOf(scope: Scope, event: WebhookEventRow): Promise<Mail | null> {
  const tenant = await currentTenant(scope)
  if (!tenant.ok) return null
  const { settings, name } = tenant.value
  const { mail: isWanted, from, replyTo } = notificationsOf(settings)
  const customer = event.customerId === null ? null : await scope.read.customers.byId(event.customerId)
  if (!isWanted || customer === null || !isDeliverable(customer.email)) return null
  const letter = await letterOf(scope, event, customer)
  if (letter === null) return null
  return {
    key: `mail/${event.id}`,
    to: customer.email,
    from,
    replyTo,
    company: settings.companyName ?? name,
    name: customer.displayName,
    letter,
  }
}
