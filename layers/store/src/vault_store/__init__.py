"""Records, objects, the audit log and signatures."""
