ALTER TABLE `invoices` ADD `recovered` integer;--> statement-breakpoint
ALTER TABLE `payments` ADD `paid_out_minor` integer;--> statement-breakpoint
ALTER TABLE `payments` ADD `disputing_minor` integer;--> statement-breakpoint
ALTER TABLE `payments` ADD `set_off_minor` integer;--> statement-breakpoint
ALTER TABLE `payments` ADD `disputes` text;--> statement-breakpoint
ALTER TABLE `refunds` ADD `source` text;--> statement-breakpoint
ALTER TABLE `payouts` ADD `parts` text;--> statement-breakpoint
ALTER TABLE `tenants` ADD `advance` text;--> statement-breakpoint
CREATE INDEX `tenants_advance` ON `tenants` (`id`) WHERE advance IS NOT NULL;--> statement-breakpoint
CREATE INDEX `webhook_events_type` ON `webhook_events` (`tenant_id`,`type`,`sequence`);