"""What happens in the background: intake, the queue, evaluation, delivery, the schedule."""
