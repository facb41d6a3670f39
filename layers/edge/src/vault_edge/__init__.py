"""HTTP and event entries, authentication and outside services."""
