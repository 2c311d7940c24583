CREATE TABLE `ledger_days` (
	`tenant_id` text NOT NULL,
	`currency` text NOT NULL,
	`account` text NOT NULL,
	`day` integer NOT NULL,
	`amount_minor` integer NOT NULL,
	PRIMARY KEY(`tenant_id`, `currency`, `account`, `day`)
);
--> statement-breakpoint
CREATE TABLE `payment_methods` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`customer_id` text NOT NULL,
	`processor` text NOT NULL,
	`customer_ref` text NOT NULL,
	`method_ref` text NOT NULL,
	`kind` text NOT NULL,
	`brand` text,
	`last4` text,
	`expires_on` text,
	`is_default` integer NOT NULL,
	`detached_at` integer,
	`version` integer NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `payment_methods_customer` ON `payment_methods` (`tenant_id`,`customer_id`,`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `payment_methods_ref` ON `payment_methods` (`tenant_id`,`processor`,`method_ref`);--> statement-breakpoint
CREATE TABLE `sandbox_objects` (
	`tenant_id` text NOT NULL,
	`ref` text NOT NULL,
	`kind` text NOT NULL,
	`key` text NOT NULL,
	`parent` text,
	`amount_minor` integer,
	`status` text NOT NULL,
	`state` text NOT NULL,
	PRIMARY KEY(`tenant_id`, `ref`)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `sandbox_objects_key` ON `sandbox_objects` (`tenant_id`,`kind`,`key`);--> statement-breakpoint
CREATE INDEX `sandbox_objects_parent` ON `sandbox_objects` (`tenant_id`,`kind`,`parent`);--> statement-breakpoint
CREATE TABLE `dunnings` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`customer_id` text NOT NULL,
	`invoice_id` text NOT NULL,
	`status` text NOT NULL,
	`failed_at` integer NOT NULL,
	`settings` text NOT NULL,
	`steps` text NOT NULL,
	`next_attempt_at` integer,
	`paused` text NOT NULL,
	`ended_at` integer,
	`version` integer NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `dunnings_invoice` ON `dunnings` (`tenant_id`,`invoice_id`,`id`);--> statement-breakpoint
CREATE INDEX `dunnings_customer` ON `dunnings` (`tenant_id`,`customer_id`,`status`);--> statement-breakpoint
CREATE TABLE `payments` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`customer_id` text NOT NULL,
	`invoice_id` text NOT NULL,
	`kind` text NOT NULL,
	`status` text NOT NULL,
	`currency` text NOT NULL,
	`amount_minor` integer NOT NULL,
	`applied_minor` integer DEFAULT 0 NOT NULL,
	`refunded_minor` integer DEFAULT 0 NOT NULL,
	`attempt_key` text NOT NULL,
	`processor` text,
	`method_id` text,
	`customer_ref` text,
	`method_ref` text,
	`charge_ref` text,
	`action_url` text,
	`failure_code` text,
	`failure_message` text,
	`is_hard_failure` integer,
	`reference` text,
	`dispute_status` text,
	`disputed_minor` integer DEFAULT 0 NOT NULL,
	`settled_at` integer,
	`returned_at` integer,
	`version` integer NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `payments_tenant` ON `payments` (`tenant_id`,`id`);--> statement-breakpoint
CREATE INDEX `payments_customer` ON `payments` (`tenant_id`,`customer_id`,`id`);--> statement-breakpoint
CREATE INDEX `payments_invoice` ON `payments` (`tenant_id`,`invoice_id`,`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `payments_charge` ON `payments` (`tenant_id`,`processor`,`charge_ref`);--> statement-breakpoint
CREATE TABLE `processor_events` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`processor` text NOT NULL,
	`event_id` text NOT NULL,
	`kind` text NOT NULL,
	`charge_ref` text,
	`event` text NOT NULL,
	`applied_at` integer,
	`version` integer NOT NULL,
	`received_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `processor_events_once` ON `processor_events` (`tenant_id`,`processor`,`event_id`);--> statement-breakpoint
CREATE INDEX `processor_events_charge` ON `processor_events` (`tenant_id`,`charge_ref`);--> statement-breakpoint
CREATE TABLE `refunds` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`customer_id` text NOT NULL,
	`invoice_id` text NOT NULL,
	`payment_id` text NOT NULL,
	`credit_note_id` text,
	`status` text NOT NULL,
	`currency` text NOT NULL,
	`amount_minor` integer NOT NULL,
	`owed_minor` integer DEFAULT 0 NOT NULL,
	`attempt_key` text NOT NULL,
	`refund_ref` text,
	`reason` text,
	`failure_code` text,
	`failure_message` text,
	`settled_at` integer,
	`version` integer NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `refunds_tenant` ON `refunds` (`tenant_id`,`id`);--> statement-breakpoint
CREATE INDEX `refunds_payment` ON `refunds` (`tenant_id`,`payment_id`,`id`);--> statement-breakpoint
CREATE INDEX `refunds_invoice` ON `refunds` (`tenant_id`,`invoice_id`,`id`);--> statement-breakpoint
CREATE INDEX `refunds_ref` ON `refunds` (`tenant_id`,`refund_ref`);--> statement-breakpoint
CREATE TABLE `webhook_counters` (
	`tenant_id` text NOT NULL,
	`subject` text NOT NULL,
	`last` integer NOT NULL,
	PRIMARY KEY(`tenant_id`, `subject`)
);
--> statement-breakpoint
CREATE TABLE `webhook_deliveries` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`endpoint_id` text NOT NULL,
	`event_id` text NOT NULL,
	`sequence` integer NOT NULL,
	`lane` text NOT NULL,
	`status` text NOT NULL,
	`attempts` integer NOT NULL,
	`first_attempt_at` integer,
	`next_attempt_at` integer NOT NULL,
	`log` text NOT NULL,
	`created_at` integer NOT NULL,
	`done_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `webhook_deliveries_event` ON `webhook_deliveries` (`tenant_id`,`endpoint_id`,`event_id`);--> statement-breakpoint
CREATE INDEX `webhook_deliveries_pending` ON `webhook_deliveries` (`tenant_id`,`endpoint_id`,`status`,`sequence`);--> statement-breakpoint
CREATE INDEX `webhook_deliveries_lane` ON `webhook_deliveries` (`tenant_id`,`endpoint_id`,`status`,`lane`,`sequence`);--> statement-breakpoint
CREATE INDEX `webhook_deliveries_endpoint` ON `webhook_deliveries` (`tenant_id`,`endpoint_id`,`id`);--> statement-breakpoint
CREATE TABLE `webhook_endpoints` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`url` text NOT NULL,
	`events` text NOT NULL,
	`description` text,
	`status` text NOT NULL,
	`disabled_reason` text,
	`secret` text NOT NULL,
	`previous_secret` text,
	`previous_until` integer,
	`cursor` integer NOT NULL,
	`failures` integer NOT NULL,
	`failing_since` integer,
	`probe_at` integer,
	`lease_by` text,
	`lease_until` integer,
	`calls` integer NOT NULL,
	`version` integer NOT NULL,
	`created_at` integer NOT NULL,
	`deleted_at` integer
);
--> statement-breakpoint
CREATE INDEX `webhook_endpoints_tenant` ON `webhook_endpoints` (`tenant_id`,`id`);--> statement-breakpoint
CREATE TABLE `webhook_events` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`sequence` integer NOT NULL,
	`type` text NOT NULL,
	`subject_type` text NOT NULL,
	`subject_id` text NOT NULL,
	`customer_id` text,
	`subscription_id` text,
	`subscription_sequence` integer,
	`audit_id` text NOT NULL,
	`at` integer NOT NULL,
	`body` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `webhook_events_sequence` ON `webhook_events` (`tenant_id`,`sequence`);--> statement-breakpoint
CREATE UNIQUE INDEX `webhook_events_subscription` ON `webhook_events` (`tenant_id`,`subscription_id`,`subscription_sequence`);--> statement-breakpoint
DROP INDEX `ledger_customer`;--> statement-breakpoint
DROP INDEX `ledger_once`;--> statement-breakpoint
ALTER TABLE `ledger_entries` ADD `from_day` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `ledger_entries` ADD `to_day` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX `ledger_tenant` ON `ledger_entries` (`tenant_id`,`booked_at`,`id`);--> statement-breakpoint
CREATE INDEX `ledger_account` ON `ledger_entries` (`tenant_id`,`account`,`booked_at`,`id`);--> statement-breakpoint
CREATE INDEX `ledger_cause` ON `ledger_entries` (`tenant_id`,`cause`,`booked_at`,`id`);--> statement-breakpoint
CREATE INDEX `ledger_by_day` ON `ledger_entries` (`tenant_id`,`to_day`) WHERE to_day > 0;--> statement-breakpoint
CREATE INDEX `ledger_customer` ON `ledger_entries` (`tenant_id`,`customer_id`,`booked_at`,`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `ledger_once` ON `ledger_entries` (`tenant_id`,`cause`,`cause_id`,`account`,`customer_id`,`from_day`,`to_day`);--> statement-breakpoint
ALTER TABLE `invoices` ADD `paid_minor` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `invoices` ADD `pending_minor` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX `invoices_open` ON `invoices` (`tenant_id`,`customer_id`,`currency`) WHERE status = 'Open';--> statement-breakpoint
ALTER TABLE `tenants` ADD `stripe_sealed` text;--> statement-breakpoint
-- What is owed the other way stands in an account of its own from now on.
UPDATE `ledger_entries` SET `account` = 'PayoutsPayable' WHERE `account` = 'AccountsReceivable' AND ((`cause` = 'invoice.finalized' AND `amount_minor` < 0) OR (`cause` = 'invoice.voided' AND `amount_minor` > 0));--> statement-breakpoint
INSERT INTO `ledger_days` SELECT `tenant_id`, `currency`, `account`, `booked_at` / 86400000, SUM(`amount_minor`) FROM `ledger_entries` GROUP BY 1, 2, 3, 4;
