"""What scripts/wheel built, judged from outside."""
