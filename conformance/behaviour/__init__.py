"""What an entry point does with shapes, dtypes and values it may not be meant for: what is asked, and what is due."""
