"""Rules about what runs pods: rollouts, jobs, autoscalers, budgets, quota, releases."""
