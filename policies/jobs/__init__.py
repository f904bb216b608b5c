"""Jobs and CronJobs that pile up, never end or never start."""
