"""Many sites, unattended: what is due, each run once, what changed told to those who asked."""
