"""The matrix of subjects and quantities as pytest tests: ``pytest --pyargs conformance.suite``."""
