PYTHON ?= python3
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK = 1

FUZZ_SECONDS ?= 30

.PHONY: install check test e2e fuzz docs chart chart-test new
install: $(BIN)/.installed  ## make .venv with kguard, editable, and the tools

check: install              ## what it is for: check the examples
	@$(BIN)/kguard check examples || test $$? -eq 1
	@echo "These are the faults of examples/*/bad; examples/*/good has none (see examples/README.md)."

test: install               ## every test but those of `make e2e`
	$(BIN)/pytest

e2e: install                ## the webhook on a real API server, which is built the first time
	@if $(BIN)/python tests/e2e/e2e_tools.py >/dev/null; then $(BIN)/pytest -q tests/e2e; \
	else test "$$CI" != true; fi

fuzz: install               ## coverage-guided fuzzers, FUZZ_SECONDS each; atheris is theirs alone
	@$(BIN)/python -c "import atheris" 2>/dev/null || $(BIN)/pip install -q "atheris>=3" || true
	@$(BIN)/python tests/fuzz/run.py --seconds $(FUZZ_SECONDS)

docs: install               ## write docs/ anew from the pages and the argument parsers
	$(BIN)/python docs/generate.py

chart: install              ## write what follows from the chart: deploy/, its README and schema
	$(BIN)/python charts/generate_chart.py "$$($(BIN)/python tests/e2e/e2e_tools.py helm4)"

chart-test: install         ## charts with Helm 3 and 4, kustomizations: what is missing is built
	KGUARD_BUILD_TOOLS=1 $(BIN)/pytest tests/chart tests/rendered

new: install                ## the two files of a new policy: make new NAME=family/id
	$(BIN)/kguard new $(NAME)

# The stamp is written last, so an install that failed is tried again.
$(BIN)/.installed: pyproject.toml setup.py
	$(PYTHON) -m venv .venv && $(BIN)/pip install -q --retries 10 --timeout 60 -e '.[dev]' && touch $@
