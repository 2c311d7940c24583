-- The events, each id once, and the totals that invoices would be made of.
CREATE TABLE events (
  id text PRIMARY KEY,
  subscription_id uuid NOT NULL,
  customer_id uuid NOT NULL,
  event_type text NOT NULL,
  occurred_at timestamptz NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now(),
  properties jsonb NOT NULL
);

CREATE TABLE totals (
  subscription_id uuid NOT NULL,
  period date NOT NULL,
  meter text NOT NULL,
  value numeric NOT NULL,
  count bigint NOT NULL,
  PRIMARY KEY (subscription_id, period, meter)
);
