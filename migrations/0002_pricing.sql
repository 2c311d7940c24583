CREATE TABLE `contract_subscriptions` (
	`tenant_id` text NOT NULL,
	`root_contract_id` text NOT NULL,
	`subscription_id` text NOT NULL,
	`adoption` text NOT NULL,
	`from_at` integer NOT NULL,
	`linked_at` integer NOT NULL,
	PRIMARY KEY(`tenant_id`, `subscription_id`, `root_contract_id`)
);
--> statement-breakpoint
CREATE INDEX `contract_subscriptions_root` ON `contract_subscriptions` (`tenant_id`,`root_contract_id`);--> statement-breakpoint
CREATE TABLE `contracts` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`external_id` text,
	`customer_id` text NOT NULL,
	`name` text NOT NULL,
	`status` text NOT NULL,
	`currency` text NOT NULL,
	`start_at` integer NOT NULL,
	`end_at` integer NOT NULL,
	`terms` text NOT NULL,
	`parent_contract_id` text,
	`root_contract_id` text NOT NULL,
	`activated_at` integer,
	`ended_at` integer,
	`ended_reason` text,
	`draw_token` text,
	`metadata` text NOT NULL,
	`version` integer NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `contracts_tenant` ON `contracts` (`tenant_id`,`id`);--> statement-breakpoint
CREATE INDEX `contracts_customer` ON `contracts` (`tenant_id`,`customer_id`,`id`);--> statement-breakpoint
CREATE INDEX `contracts_root` ON `contracts` (`tenant_id`,`root_contract_id`,`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `contracts_external` ON `contracts` (`tenant_id`,`external_id`);--> statement-breakpoint
CREATE TABLE `coupon_redemptions` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`coupon_id` text NOT NULL,
	`customer_id` text NOT NULL,
	`subscription_id` text NOT NULL,
	`code` text NOT NULL,
	`terms` text NOT NULL,
	`from_index` integer NOT NULL,
	`redeemed_at` integer NOT NULL,
	`removed_at` integer,
	`version` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `coupon_redemptions_subscription` ON `coupon_redemptions` (`tenant_id`,`subscription_id`,`id`);--> statement-breakpoint
CREATE INDEX `coupon_redemptions_coupon` ON `coupon_redemptions` (`tenant_id`,`coupon_id`,`id`);--> statement-breakpoint
CREATE TABLE `coupons` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`code` text NOT NULL,
	`name` text NOT NULL,
	`terms` text NOT NULL,
	`max_redemptions` integer,
	`times_redeemed` integer NOT NULL,
	`expires_at` integer,
	`archived_at` integer,
	`metadata` text NOT NULL,
	`version` integer NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `coupons_tenant` ON `coupons` (`tenant_id`,`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `coupons_code` ON `coupons` (`tenant_id`,`code`);--> statement-breakpoint
CREATE TABLE `tax_rates` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`name` text NOT NULL,
	`country` text NOT NULL,
	`region` text,
	`place` text NOT NULL,
	`rate_bps` text NOT NULL,
	`is_inclusive` integer NOT NULL,
	`archived_at` integer,
	`version` integer NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `tax_rates_tenant` ON `tax_rates` (`tenant_id`,`id`);--> statement-breakpoint
CREATE INDEX `tax_rates_place` ON `tax_rates` (`tenant_id`,`place`);--> statement-breakpoint
ALTER TABLE `customers` ADD `billing_address` text;--> statement-breakpoint
ALTER TABLE `customers` ADD `bill_to_id` text;--> statement-breakpoint
CREATE INDEX `customers_bill_to` ON `customers` (`tenant_id`,`bill_to_id`);--> statement-breakpoint
ALTER TABLE `invoice_lines` ADD `kind` text;--> statement-breakpoint
ALTER TABLE `invoice_lines` ADD `source_id` text;--> statement-breakpoint
ALTER TABLE `invoice_lines` ADD `customer_id` text;--> statement-breakpoint
ALTER TABLE `invoice_lines` ADD `is_included` integer;--> statement-breakpoint
ALTER TABLE `invoice_lines` ADD `taxes` text;--> statement-breakpoint
ALTER TABLE `invoice_lines` ADD `basis` text;--> statement-breakpoint
CREATE INDEX `invoice_lines_source` ON `invoice_lines` (`tenant_id`,`source_id`);--> statement-breakpoint
CREATE INDEX `invoice_lines_subscription` ON `invoice_lines` (`tenant_id`,`subscription_id`,`invoice_id`);--> statement-breakpoint
ALTER TABLE `invoices` ADD `tax_minor` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `invoices` ADD `applies_to_invoice_id` text;--> statement-breakpoint
ALTER TABLE `invoices` ADD `replaces_invoice_id` text;--> statement-breakpoint
ALTER TABLE `invoices` ADD `replaced_by_invoice_id` text;--> statement-breakpoint
ALTER TABLE `invoices` ADD `credited_minor` integer;--> statement-breakpoint
ALTER TABLE `invoices` ADD `sections` text;--> statement-breakpoint
ALTER TABLE `invoices` ADD `collects` text;--> statement-breakpoint
ALTER TABLE `invoices` ADD `tax` text;--> statement-breakpoint
ALTER TABLE `invoices` ADD `memo` text;--> statement-breakpoint
CREATE UNIQUE INDEX `invoices_collects` ON `invoices` (`tenant_id`,`collects`);--> statement-breakpoint
CREATE INDEX `invoices_applies_to` ON `invoices` (`tenant_id`,`applies_to_invoice_id`);--> statement-breakpoint
ALTER TABLE `subscriptions` ADD `billing_anchor` text;--> statement-breakpoint
ALTER TABLE `subscriptions` ADD `segments` text;--> statement-breakpoint
ALTER TABLE `subscriptions` ADD `pauses` text;--> statement-breakpoint
ALTER TABLE `subscriptions` ADD `cancel_terms` text;--> statement-breakpoint
ALTER TABLE `subscriptions` ADD `end_at` integer;--> statement-breakpoint
ALTER TABLE `subscriptions` ADD `threshold_nanos` text;