// Stands in for a provider where none is set up: the mail is in the log and nowhere else.

import { log } from "../runtime/log.ts"
import type { Mailer } from "./port.ts"
import { rendered } from "./render.ts"

export const logMailer: Mailer = {
  async send(mail) {
    const { subject, text } = await rendered(mail)
    log.info("a mail, which no provider is set up for", { key: mail.key, to: mail.to, subject, text })
    return { status: "Sent", ref: null }
  },
}
