CREATE TABLE `agenda` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`due_at` integer NOT NULL,
	`kind` text NOT NULL,
	`subject` text NOT NULL,
	`unique_key` text NOT NULL,
	`status` text NOT NULL,
	`lease_until` integer,
	`attempts` integer NOT NULL,
	`last_error` text,
	`created_at` integer NOT NULL,
	`done_at` integer
);
--> statement-breakpoint
CREATE INDEX `agenda_due` ON `agenda` (`status`,`due_at`);--> statement-breakpoint
CREATE INDEX `agenda_tenant` ON `agenda` (`tenant_id`,`status`,`due_at`);--> statement-breakpoint
CREATE UNIQUE INDEX `agenda_unique` ON `agenda` (`tenant_id`,`kind`,`subject`,`unique_key`);--> statement-breakpoint
CREATE TABLE `api_keys` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`hash` text NOT NULL,
	`kind` text NOT NULL,
	`mode` text NOT NULL,
	`name` text NOT NULL,
	`description` text,
	`hint` text NOT NULL,
	`scopes` text NOT NULL,
	`created_at` integer NOT NULL,
	`revoked_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `api_keys_hash` ON `api_keys` (`hash`);--> statement-breakpoint
CREATE INDEX `api_keys_tenant` ON `api_keys` (`tenant_id`,`id`);--> statement-breakpoint
CREATE TABLE `audit` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`at` integer NOT NULL,
	`actor_type` text NOT NULL,
	`actor_id` text NOT NULL,
	`action` text NOT NULL,
	`subject_type` text NOT NULL,
	`subject_id` text NOT NULL,
	`customer_id` text,
	`before` text,
	`after` text,
	`request_id` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `audit_tenant` ON `audit` (`tenant_id`,`id`);--> statement-breakpoint
CREATE INDEX `audit_customer` ON `audit` (`tenant_id`,`customer_id`,`id`);--> statement-breakpoint
CREATE INDEX `audit_subject` ON `audit` (`tenant_id`,`subject_id`,`id`);--> statement-breakpoint
CREATE TABLE `commit_guard` (
	`id` integer PRIMARY KEY NOT NULL,
	`hit` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `customers` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`external_id` text,
	`display_name` text NOT NULL,
	`legal_name` text,
	`email` text NOT NULL,
	`account_type` text NOT NULL,
	`status` text NOT NULL,
	`parent_id` text,
	`consolidation` text NOT NULL,
	`billing_currency` text NOT NULL,
	`payment_terms_days` integer NOT NULL,
	`tax_id` text,
	`metadata` text NOT NULL,
	`version` integer NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `customers_tenant` ON `customers` (`tenant_id`,`id`);--> statement-breakpoint
CREATE INDEX `customers_parent` ON `customers` (`tenant_id`,`parent_id`);--> statement-breakpoint
CREATE UNIQUE INDEX `customers_external` ON `customers` (`tenant_id`,`external_id`);--> statement-breakpoint
CREATE TABLE `idempotency` (
	`tenant_id` text NOT NULL,
	`scope` text NOT NULL,
	`request_hash` text NOT NULL,
	`claim` text NOT NULL,
	`lease_until` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`status` integer,
	`body` text,
	`sealed` integer DEFAULT false NOT NULL,
	PRIMARY KEY(`tenant_id`, `scope`)
);
--> statement-breakpoint
CREATE INDEX `idempotency_expiry` ON `idempotency` (`expires_at`);--> statement-breakpoint
CREATE TABLE `invoice_lines` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`invoice_id` text NOT NULL,
	`position` integer NOT NULL,
	`line_key` text NOT NULL,
	`subscription_id` text,
	`sku_id` text,
	`description` text NOT NULL,
	`quantity` text NOT NULL,
	`unit_amount_nanos` text,
	`rated_nanos` text NOT NULL,
	`amount_minor` integer NOT NULL,
	`service_start` integer,
	`service_end` integer,
	`is_tax` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `invoice_lines_invoice` ON `invoice_lines` (`tenant_id`,`invoice_id`,`position`);--> statement-breakpoint
CREATE UNIQUE INDEX `invoice_lines_key` ON `invoice_lines` (`tenant_id`,`invoice_id`,`line_key`);--> statement-breakpoint
CREATE INDEX `invoice_lines_charge` ON `invoice_lines` (`tenant_id`,`line_key`);--> statement-breakpoint
CREATE TABLE `invoices` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`external_id` text,
	`customer_id` text NOT NULL,
	`subscription_id` text,
	`type` text NOT NULL,
	`status` text NOT NULL,
	`number` text,
	`currency` text NOT NULL,
	`total_minor` integer NOT NULL,
	`period_start` integer,
	`period_end` integer,
	`recipient` text,
	`due_at` integer,
	`finalized_at` integer,
	`paid_at` integer,
	`voided_at` integer,
	`voided_reason` text,
	`metadata` text NOT NULL,
	`version` integer NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `invoices_tenant` ON `invoices` (`tenant_id`,`id`);--> statement-breakpoint
CREATE INDEX `invoices_customer` ON `invoices` (`tenant_id`,`customer_id`,`id`);--> statement-breakpoint
CREATE INDEX `invoices_subscription` ON `invoices` (`tenant_id`,`subscription_id`,`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `invoices_number` ON `invoices` (`tenant_id`,`number`);--> statement-breakpoint
CREATE UNIQUE INDEX `invoices_external` ON `invoices` (`tenant_id`,`external_id`);--> statement-breakpoint
CREATE TABLE `ledger_entries` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`transaction_id` text NOT NULL,
	`account` text NOT NULL,
	`customer_id` text NOT NULL,
	`currency` text NOT NULL,
	`amount_minor` integer NOT NULL,
	`cause` text NOT NULL,
	`cause_id` text NOT NULL,
	`booked_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `ledger_customer` ON `ledger_entries` (`tenant_id`,`customer_id`,`currency`,`account`);--> statement-breakpoint
CREATE UNIQUE INDEX `ledger_once` ON `ledger_entries` (`tenant_id`,`cause`,`cause_id`,`account`,`customer_id`);--> statement-breakpoint
CREATE TABLE `plan_versions` (
	`tenant_id` text NOT NULL,
	`plan_id` text NOT NULL,
	`plan_version` integer NOT NULL,
	`cadence` text NOT NULL,
	`terms` text NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`tenant_id`, `plan_id`, `plan_version`)
);
--> statement-breakpoint
CREATE TABLE `plans` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`external_id` text,
	`product_id` text,
	`name` text NOT NULL,
	`description` text,
	`metadata` text NOT NULL,
	`current_version` integer NOT NULL,
	`current_in_use` integer NOT NULL,
	`archived_at` integer,
	`version` integer NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `plans_tenant` ON `plans` (`tenant_id`,`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `plans_external` ON `plans` (`tenant_id`,`external_id`);--> statement-breakpoint
CREATE TABLE `products` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`name` text NOT NULL,
	`description` text,
	`tags` text NOT NULL,
	`archived_at` integer,
	`version` integer NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `products_tenant` ON `products` (`tenant_id`,`id`);--> statement-breakpoint
CREATE TABLE `skus` (
	`id` text NOT NULL,
	`tenant_id` text NOT NULL,
	`plan_id` text NOT NULL,
	`from_version` integer NOT NULL,
	`to_version` integer,
	`name` text NOT NULL,
	`currency` text NOT NULL,
	`terms` text NOT NULL,
	`archived_at` integer,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`tenant_id`, `id`, `from_version`)
);
--> statement-breakpoint
CREATE INDEX `skus_plan` ON `skus` (`tenant_id`,`plan_id`,`from_version`);--> statement-breakpoint
CREATE TABLE `subscriptions` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`external_id` text,
	`customer_id` text NOT NULL,
	`plan_id` text NOT NULL,
	`plan_version` integer NOT NULL,
	`status` text NOT NULL,
	`currency` text NOT NULL,
	`schedule` text NOT NULL,
	`quantities` text NOT NULL,
	`started_at` integer NOT NULL,
	`trial_ends_at` integer,
	`period_index` integer NOT NULL,
	`period_start` integer NOT NULL,
	`period_end` integer NOT NULL,
	`cancel_at` integer,
	`cancelled_at` integer,
	`ended_at` integer,
	`bill_from_index` integer NOT NULL,
	`billed_seq` integer NOT NULL,
	`terms_version` integer NOT NULL,
	`metadata` text NOT NULL,
	`version` integer NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `subscriptions_tenant` ON `subscriptions` (`tenant_id`,`id`);--> statement-breakpoint
CREATE INDEX `subscriptions_customer` ON `subscriptions` (`tenant_id`,`customer_id`,`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `subscriptions_external` ON `subscriptions` (`tenant_id`,`external_id`);--> statement-breakpoint
CREATE TABLE `tenants` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`mode` text NOT NULL,
	`settings` text NOT NULL,
	`clock_at` integer,
	`advancing_until` integer,
	`next_invoice_number` integer NOT NULL,
	`version` integer NOT NULL,
	`created_at` integer NOT NULL
);
