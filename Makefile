# Two commands need nothing but CPython 3.11 to 3.13, pip, git and make: `make audit` and `make test`.
# PYTHON=/path/to/python3.12  the interpreter to try first
# UV=0                        install with pip alone
# ARGS="--quick"              arguments for the audit or for pytest

RUN = .venv/bin/python -m
IS_SUPPORTED = import sys; sys.exit(sys.implementation.name != "cpython" or not (3, 11) <= sys.version_info < (3, 14))

.PHONY: help audit test check setup constraints clean

help:  ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1	\2/p' Makefile | expand -t 20

audit: setup  ## measure the installed frameworks; make audit ARGS="--quick"
	@$(RUN) conformance audit $(ARGS)

test: setup  ## run the tests; make test ARGS="-k places"
	@$(RUN) pytest $(ARGS)

check: setup  ## lint and type-check
	@$(RUN) ruff check
	@$(RUN) mypy

# Each candidate is run, since a pyenv shim may exist and not work.
setup:  ## make .venv with all four frameworks, unless it stands already
	@for python in "$(PYTHON)" python3.11 python3.12 python3.13 python3; do \
		if "$$python" -c '$(IS_SUPPORTED)' >/dev/null 2>&1; then exec "$$python" bootstrap.py; fi; \
		if [ "$$python" = "$(PYTHON)" ] && [ "$(PYTHON)" ]; then \
			echo "PYTHON=$(PYTHON) does not run as CPython 3.11 to 3.13, so make looks for another." >&2; fi; \
	done; \
	echo "No CPython 3.11, 3.12 or 3.13 runs here: install one, or name it with make PYTHON=/path/to/python3.11." >&2; exit 1

constraints: setup  ## pin again what pyproject.toml asks for; pins that still fit stay
	@echo uv | .venv/bin/uv pip compile --universal --python-version 3.11 --all-extras --no-annotate --quiet \
		--custom-compile-command "make constraints" --output-file constraints.txt pyproject.toml -

clean:  ## remove .venv
	@rm -rf .venv
