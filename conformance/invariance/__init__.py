"""Results of one value in many places: where each stood, and which of them differ."""
