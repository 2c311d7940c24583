// What must hold of what is filled up and paid out by itself. Each law is a statement that finds what breaks it.

type Law = readonly [law: string, sql: string]

export const alwaysOfWallets: readonly Law[] = [
  [
    "no more than the cap of a wallet is charged in a month",
    `SELECT r.wallet_id, strftime('%Y-%m', r.created_at / 1000, 'unixepoch') AS month, SUM(r.amount_minor) AS charged
     FROM wallet_recharges r JOIN wallets w ON w.id = r.wallet_id
     WHERE r.tenant_id = ? AND r.status <> 'Failed' GROUP BY r.wallet_id, month
     HAVING charged > MAX((w.auto_recharge ->> 'monthlyCapNanos') / 10000000000)`,
  ],
  [
    "a recharge that succeeded is paid and granted, once",
    `SELECT r.id, i.status, i.paid_minor, r.amount_minor, count(g.id) AS grants FROM wallet_recharges r
     JOIN invoices i ON i.id = r.invoice_id LEFT JOIN payments p ON p.invoice_id = i.id AND p.status = 'Succeeded'
     LEFT JOIN wallet_grants g ON g.tenant_id = r.tenant_id AND g.source = 'Payment' AND g.source_id = p.id
     WHERE r.tenant_id = ? AND r.status = 'Succeeded' AND i.status = 'Paid' GROUP BY r.id
     HAVING i.paid_minor <> r.amount_minor OR grants <> 1`,
  ],
  [
    "an invoice that pays out is Paid by one payout of it",
    `SELECT i.id, i.status, count(p.id) AS payouts FROM invoices i
     LEFT JOIN payouts p ON p.invoice_id = i.id AND p.status = 'Succeeded'
     WHERE i.tenant_id = ? AND i.payout = 1 AND i.total_minor < 0 GROUP BY i.id
     HAVING payouts > 1 OR (i.status = 'Paid') <> (payouts = 1)`,
  ],
]

export const inTheEndOfWallets: readonly Law[] = [
  ["no recharge waits", "SELECT * FROM wallet_recharges WHERE tenant_id = ? AND status = 'Pending'"],
  [
    "a wallet that is low was filled up, or will be looked at again",
    `SELECT w.id, SUM(g.remaining_minor) AS held FROM wallets w
     LEFT JOIN wallet_grants g ON g.tenant_id = w.tenant_id AND g.customer_id = w.customer_id AND g.currency = w.currency
     WHERE w.tenant_id = ? AND w.auto_recharge IS NOT NULL AND NOT EXISTS (SELECT 1 FROM agenda a
       WHERE a.tenant_id = w.tenant_id AND a.kind = 'sync-wallet' AND a.subject = w.customer_id AND a.status <> 'Done')
     GROUP BY w.id HAVING COALESCE(held, 0) < (w.auto_recharge ->> 'thresholdNanos') / 10000000000`,
  ],
]
