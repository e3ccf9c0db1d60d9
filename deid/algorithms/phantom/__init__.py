"""Animated synthetic patients with exactly known motion and pulse."""
