"""Sending: the one door (submit), the couriers that deliver, and what settles the uncertain."""
