CREATE TABLE `alert_crossings` (
	`tenant_id` text NOT NULL,
	`alert_id` text NOT NULL,
	`epoch` integer NOT NULL,
	`crossing` integer NOT NULL,
	`subscription_id` text NOT NULL,
	`spend_nanos` text NOT NULL,
	`at` integer NOT NULL,
	PRIMARY KEY(`tenant_id`, `alert_id`, `epoch`, `crossing`)
);
--> statement-breakpoint
CREATE TABLE `alerts` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`customer_id` text NOT NULL,
	`alert_type` text NOT NULL,
	`threshold_nanos` text NOT NULL,
	`epoch` integer NOT NULL,
	`times_triggered` integer NOT NULL,
	`triggered_at` integer,
	`reset_at` integer,
	`deleted_at` integer,
	`version` integer NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `alerts_tenant` ON `alerts` (`tenant_id`,`id`);--> statement-breakpoint
CREATE INDEX `alerts_customer` ON `alerts` (`tenant_id`,`customer_id`,`id`);--> statement-breakpoint
CREATE TABLE `budgets` (
	`tenant_id` text NOT NULL,
	`customer_id` text NOT NULL,
	`version` integer NOT NULL,
	`members` text NOT NULL,
	PRIMARY KEY(`tenant_id`, `customer_id`)
);
--> statement-breakpoint
ALTER TABLE `invoice_lines` ADD `usage_ranges` text;