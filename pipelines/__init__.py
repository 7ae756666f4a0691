"""The application: from a site or a text to run folders and verdicts."""
