CREATE TABLE `companies` (
	`tenant_id` text PRIMARY KEY NOT NULL,
	`callback_hash` text NOT NULL,
	`callback_ref` text NOT NULL,
	`keys_sealed` text,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `payouts` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`customer_id` text NOT NULL,
	`invoice_id` text,
	`status` text NOT NULL,
	`currency` text NOT NULL,
	`amount_minor` integer NOT NULL,
	`attempt_key` text NOT NULL,
	`try_key` text,
	`processor` text NOT NULL,
	`account_ref` text,
	`named_method_id` text,
	`method_id` text NOT NULL,
	`customer_ref` text NOT NULL,
	`method_ref` text NOT NULL,
	`statement_descriptor` text,
	`payout_ref` text,
	`tries` integer NOT NULL,
	`failures` text NOT NULL,
	`retry_days` text,
	`retry_at` integer,
	`settled_at` integer,
	`returned_at` integer,
	`version` integer NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `payouts_tenant` ON `payouts` (`tenant_id`,`id`);--> statement-breakpoint
CREATE INDEX `payouts_customer` ON `payouts` (`tenant_id`,`customer_id`,`id`);--> statement-breakpoint
CREATE INDEX `payouts_under_way` ON `payouts` (`tenant_id`,`customer_id`,`currency`) WHERE status IN ('Processing', 'Pending');--> statement-breakpoint
CREATE UNIQUE INDEX `payouts_invoice` ON `payouts` (`tenant_id`,`invoice_id`) WHERE status <> 'Cancelled' AND returned_at IS NULL;--> statement-breakpoint
CREATE UNIQUE INDEX `payouts_ref` ON `payouts` (`tenant_id`,`processor`,`payout_ref`);--> statement-breakpoint
CREATE TABLE `wallet_budgets` (
	`tenant_id` text NOT NULL,
	`customer_id` text NOT NULL,
	`version` integer NOT NULL,
	`changed_at` integer NOT NULL,
	PRIMARY KEY(`tenant_id`, `customer_id`)
);
--> statement-breakpoint
CREATE TABLE `wallet_recharges` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`customer_id` text NOT NULL,
	`wallet_id` text NOT NULL,
	`invoice_id` text NOT NULL,
	`status` text NOT NULL,
	`currency` text NOT NULL,
	`amount_minor` integer NOT NULL,
	`failure_code` text,
	`ended_at` integer,
	`version` integer NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `wallet_recharges_wallet` ON `wallet_recharges` (`tenant_id`,`wallet_id`,`created_at`);--> statement-breakpoint
CREATE UNIQUE INDEX `wallet_recharges_invoice` ON `wallet_recharges` (`tenant_id`,`invoice_id`);--> statement-breakpoint
CREATE UNIQUE INDEX `wallet_recharges_one` ON `wallet_recharges` (`tenant_id`,`wallet_id`) WHERE status = 'Pending';--> statement-breakpoint
CREATE TABLE `wallet_entries` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`customer_id` text NOT NULL,
	`wallet_id` text NOT NULL,
	`grant_id` text NOT NULL,
	`transfer_id` text NOT NULL,
	`kind` text NOT NULL,
	`currency` text NOT NULL,
	`amount_minor` integer NOT NULL,
	`invoice_id` text,
	`description` text,
	`reason` text,
	`reference` text,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `wallet_entries_customer` ON `wallet_entries` (`tenant_id`,`customer_id`,`id`);--> statement-breakpoint
CREATE INDEX `wallet_entries_wallet` ON `wallet_entries` (`tenant_id`,`wallet_id`,`id`);--> statement-breakpoint
CREATE INDEX `wallet_entries_grant` ON `wallet_entries` (`tenant_id`,`grant_id`,`id`);--> statement-breakpoint
CREATE INDEX `wallet_entries_invoice` ON `wallet_entries` (`tenant_id`,`invoice_id`,`id`);--> statement-breakpoint
CREATE TABLE `wallet_grants` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`customer_id` text NOT NULL,
	`wallet_id` text NOT NULL,
	`currency` text NOT NULL,
	`kind` text NOT NULL,
	`amount_minor` integer NOT NULL,
	`remaining_minor` integer NOT NULL,
	`priority` integer NOT NULL,
	`scope` text,
	`expires_at` integer,
	`source` text NOT NULL,
	`source_id` text,
	`description` text,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `wallet_grants_customer` ON `wallet_grants` (`tenant_id`,`customer_id`,`id`);--> statement-breakpoint
CREATE INDEX `wallet_grants_live` ON `wallet_grants` (`tenant_id`,`customer_id`,`currency`) WHERE remaining_minor > 0;--> statement-breakpoint
CREATE INDEX `wallet_grants_source` ON `wallet_grants` (`tenant_id`,`source_id`);--> statement-breakpoint
CREATE TABLE `wallets` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`customer_id` text NOT NULL,
	`currency` text NOT NULL,
	`name` text NOT NULL,
	`priority` integer NOT NULL,
	`scope` text,
	`is_default` integer NOT NULL,
	`stop_at_zero` integer NOT NULL,
	`auto_recharge` text,
	`low_balance_nanos` text,
	`low_at` integer,
	`depleted_at` integer,
	`depleted_nanos` text,
	`version` integer NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `wallets_customer` ON `wallets` (`tenant_id`,`customer_id`,`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `wallets_default` ON `wallets` (`tenant_id`,`customer_id`,`currency`) WHERE is_default = 1;--> statement-breakpoint
ALTER TABLE `customers` ADD `processor_ref` text;--> statement-breakpoint
CREATE INDEX `customers_processor` ON `customers` (`tenant_id`,`processor_ref`);--> statement-breakpoint
ALTER TABLE `invoices` ADD `drawn_minor` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `invoices` ADD `customer_external_id` text;--> statement-breakpoint
ALTER TABLE `invoices` ADD `payment_method_id` text;--> statement-breakpoint
ALTER TABLE `invoices` ADD `statement_descriptor` text;--> statement-breakpoint
ALTER TABLE `invoices` ADD `payout` integer;--> statement-breakpoint
ALTER TABLE `invoices` ADD `details` text;--> statement-breakpoint
ALTER TABLE `invoices` ADD `waived` integer;--> statement-breakpoint
CREATE UNIQUE INDEX `invoices_customer_external` ON `invoices` (`tenant_id`,`customer_id`,`customer_external_id`);--> statement-breakpoint
CREATE INDEX `invoices_payout` ON `invoices` (`tenant_id`,`customer_id`,`currency`) WHERE payout = 1;--> statement-breakpoint
ALTER TABLE `payment_methods` ADD `account_ref` text;--> statement-breakpoint
ALTER TABLE `payment_methods` ADD `given_ref` text;--> statement-breakpoint
ALTER TABLE `sandbox_objects` ADD `at` integer;--> statement-breakpoint
ALTER TABLE `sandbox_objects` ADD `made_at` integer;--> statement-breakpoint
CREATE INDEX `sandbox_objects_made` ON `sandbox_objects` (`made_at`) WHERE status NOT IN ('Attached', 'Active');--> statement-breakpoint
ALTER TABLE `payments` ADD `credited_minor` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `payments` ADD `statement_descriptor` text;--> statement-breakpoint
ALTER TABLE `payments` ADD `account_ref` text;--> statement-breakpoint
ALTER TABLE `processor_events` ADD `occurred_at` integer;--> statement-breakpoint
ALTER TABLE `processor_events` ADD `named_at` integer;--> statement-breakpoint
ALTER TABLE `subscriptions` ADD `payment_method_id` text;--> statement-breakpoint
ALTER TABLE `subscriptions` ADD `payout` integer;--> statement-breakpoint
ALTER TABLE `subscriptions` ADD `statement_descriptor` text;--> statement-breakpoint
ALTER TABLE `tenants` ADD `ledger_audit_at` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX `tenants_ledger_audit` ON `tenants` (`ledger_audit_at`);--> statement-breakpoint
CREATE INDEX `ledger_owed` ON `ledger_entries` (`tenant_id`,`customer_id`,`currency`,`amount_minor`) WHERE account = 'PayoutsPayable';--> statement-breakpoint
CREATE INDEX `refunds_under_way` ON `refunds` (`tenant_id`,`customer_id`,`currency`) WHERE status IN ('Processing', 'Pending');--> statement-breakpoint
CREATE INDEX `webhook_endpoints_deleted` ON `webhook_endpoints` (`id`) WHERE deleted_at IS NOT NULL;