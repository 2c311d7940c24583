// Notes that an alert, or the limit of a wallet, was triggered: a SoftLimit crossed, or a HardLimit that refuses. Runs from the queue.
// What a repeat means: nothing. A crossing is noted once under alert, epoch and number, whoever tells of it and how often.

import { alertCrossings, alerts } from "../db/schema.ts"
import type { AlertMessage } from "../domain/alert.ts"
import { walletOfLimit } from "../domain/prepaid.ts"
import { ok } from "../domain/result.ts"
import { instant } from "../domain/time.ts"
import type { Outcome } from "./act.ts"
import { act } from "./act.ts"
import { noteWalletLimit } from "./check-wallets.ts"
import { alertSubject } from "./create-alert.ts"
import type { Scope } from "./scope.ts"

export async function fireAlert(scope: Scope, message: AlertMessage): Promise<Outcome<null>> {
  const { alert_id: alertId, epoch, crossing, subscription_id: subscriptionId } = message
  if (walletOfLimit(alertId) !== null) return noteWalletLimit(scope, message)
  const { spend_nanos: spendNanos } = message
  const nothing = ok({ value: null, commit: { audit: [] } })
  return act(
    scope,
    async () => {
      const [alert, isKnown] = await Promise.all([
        scope.read.budgets.anyAlert(alertId),
        scope.read.budgets.hasCrossing(alertId, epoch, crossing),
      ])
      if (alert === null || isKnown) return nothing
      const at = instant(message.at)
      // What was on its way when the alert was reset happened, but the alert stands untriggered since.
      const triggered = epoch === alert.epoch ? { triggeredAt: at } : {}
      const timesTriggered = alert.timesTriggered + 1
      return ok({
        value: null,
        commit: {
          guards: [scope.write.update(alerts, alertId, alert.version, { ...triggered, timesTriggered })],
          writes: [
            scope.write.insert(alertCrossings, { alertId, epoch, crossing, subscriptionId, spendNanos, at }),
          ],
          audit: [
            {
              action: "alert.triggered",
              ...alertSubject(alert),
              after: {
                alert_type: alert.alertType,
                threshold_nanos: alert.thresholdNanos,
                subscription_id: subscriptionId,
                spend_nanos: spendNanos,
              },
            },
          ],
        },
      })
    },
    null,
  )
}
