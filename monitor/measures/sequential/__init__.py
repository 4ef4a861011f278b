"""What many batches say together: evidence of change under one budget of false alarms, a cumulative
sum of surprises, and a gap between groups since deployment that may be looked at every day."""
