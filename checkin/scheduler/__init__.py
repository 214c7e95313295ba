"""The process that ticks. APScheduler lives here and nowhere else."""
