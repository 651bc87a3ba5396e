"""What several contracts are made of."""
