# The README says what each of these is for.
.PHONY: run test lint fix bench proofs tour seed reset-db resetmigrations lock
.DEFAULT_GOAL := run

PY := .venv/bin/python
DEPLOYED := SECRET_KEY=for-the-checks-alone-777777777777777777777777777777777777777777777777777777777777 DOOR_CODE_KEYS=Zm9yLXRoZS1jaGVja3MtYWxvbmUtLS0tLS0tLS0tLS0= ALLOWED_HOSTS=example.com DATABASE_URL=postgres://example.com/console
export PYTHON PORT SEED

run:
	@bin/run

test:
	@bin/setup --dev
	@CHROMIUM="$$(bin/browser)" $(PY) -m pytest -n 2 --dist worksteal $(ARGS)

lint:
	@bin/setup --dev
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	DEBUG=1 .venv/bin/mypy
	DEBUG=1 .venv/bin/lint-imports
	.venv/bin/djade --target-version 5.2 --check $$(git ls-files '*.html')
	@$(DEPLOYED) $(PY) manage.py collectstatic --noinput --verbosity 0
	$(DEPLOYED) $(PY) manage.py check --deploy --fail-level WARNING

fix:
	@bin/setup --dev
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .
	.venv/bin/djade --target-version 5.2 $$(git ls-files '*.html') || true

bench:
	@bin/setup --dev
	@$(PY) -m bench $(ARGS)

proofs:
	@bin/setup --dev
	@$(PY) -m tests.proofs $(ARGS)

tour:
	@bin/setup --dev
	@CHROMIUM="$$(bin/browser)" $(PY) -m tests.tour

seed:
	@bin/setup
	@DEBUG=1 $(PY) manage.py seed_demo

reset-db:
	@bin/setup
	@DEBUG=1 $(PY) manage.py reset_db

resetmigrations:
	@bin/setup
	@DEBUG=1 $(PY) manage.py resetmigrations

lock:
	@bin/setup --dev
	.venv/bin/uv pip compile -q --generate-hashes --universal --python-version 3.13 requirements.in -o requirements.txt
	.venv/bin/uv pip compile -q --generate-hashes --universal --python-version 3.13 requirements-dev.in -o requirements-dev.txt
