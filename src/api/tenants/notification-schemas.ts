// What a tenant's customers are told by mail, on the wire.

import { z } from "@hono/zod-openapi"
import type { NotificationSettings } from "../../domain/mail.ts"
import { limits } from "../../limits.ts"

const Address = z.email().max(limits.emailLength)

/** An address, or a name and an address. */
const From = z
  .string()
  .max(limits.nameLength + limits.emailLength)
  .refine((text) => Address.safeParse(/^[^<>\p{Cc}]+ <([^<>]+)>$/u.exec(text)?.[1] ?? text).success, {
    error: "expected an address, or a name and an address: Example <billing@example.com>",
  })

export const NotificationSettingsSchema = z
  .strictObject({
    mail: z.boolean().openapi({
      description: "Whether customers get mails: invoices, receipts, failed payments, ends of trials.",
      example: true,
    }),
    from: From.nullable().optional().openapi({
      description: "Who writes them; without it the operator's address. The mail provider must permit it.",
      example: "Example Inc. <billing@example.com>",
    }),
    reply_to: Address.nullable()
      .optional()
      .openapi({ description: "Where answers go.", example: "support@example.com" }),
  })
  .openapi("NotificationSettings", { description: "What customers are told by mail. Nothing, by default." })

type NotificationFields = z.infer<typeof NotificationSettingsSchema>

export function notificationsFrom({ mail, from, reply_to }: NotificationFields): NotificationSettings {
  return { mail, from: from ?? null, replyTo: reply_to ?? null }
}

export function notificationsToApi({ mail, from, replyTo }: NotificationSettings): NotificationFields {
  return { mail, from, reply_to: replyTo }
}
