"""Queue workers are recognised by what is started, never by a name alone."""

from __future__ import annotations

from fractions import Fraction

import pytest

from kguard.shell.analyse import analyse
from kguard.shell.workers import worker

CELERY_FLAG, SIDEKIQ_FLAG = "--time-limit", "-t"


@pytest.mark.parametrize(
    ("line", "framework", "seconds", "flag"),
    [
        ("celery -A app worker", "Celery", None, ""),
        ("/venv/bin/celery --app=app worker -l info --time-limit 300", "Celery", 300, CELERY_FLAG),
        ("celery -A app worker --time-limit=7.5", "Celery", Fraction(15, 2), CELERY_FLAG),
        ("celery -A app worker --soft-time-limit 90", "Celery", 90, "--soft-time-limit"),
        ("celery worker --soft-time-limit 90 --time-limit 120", "Celery", 120, CELERY_FLAG),
        ("python -m celery -A app worker", "Celery", None, ""),
        ("python3.12 -m celery worker --time-limit 5", "Celery", 5, CELERY_FLAG),
        ("celery -A app worker --time-limit soon", "Celery", None, ""),
        # What is filled in later may be any time: such a one is not told to need more.
        ("celery -A app worker --time-limit $LIMIT", "Celery", 0, ""),
        ("celery -A app worker --soft-time-limit=$(LIMIT)", "Celery", 0, ""),
        ("sidekiq -t $(LIMIT)", "Sidekiq", 0, None),
        ("dramatiq app --worker-shutdown-timeout {{limit}}", "Dramatiq", 0, None),
        ("php artisan queue:work --timeout=$(LIMIT)", "Laravel", 0, None),
        ("sidekiq -t $(LIMIT) -t 60", "Sidekiq", 60, None),
        ("python3 /venv/bin/celery -A app worker --time-limit 5", "Celery", 5, CELERY_FLAG),
        ("rq worker high", "RQ", None, ""),
        ("rqworker", "RQ", None, ""),
        ("python -u manage.py rqworker default", "RQ", None, ""),
        ("./manage.py rqworker", "RQ", None, ""),
        ("sidekiq -C config/sidekiq.yml", "Sidekiq", 25, ""),
        ("sidekiq -t 60", "Sidekiq", 60, SIDEKIQ_FLAG),
        ("sidekiq -t60", "Sidekiq", 60, SIDEKIQ_FLAG),
        ("sidekiq --timeout=8", "Sidekiq", 8, SIDEKIQ_FLAG),
        ("bundle exec sidekiq -t 90", "Sidekiq", 90, SIDEKIQ_FLAG),
        ("dramatiq app.tasks", "Dramatiq", 600, ""),
        ("dramatiq app --worker-shutdown-timeout 1500", "Dramatiq", Fraction(3, 2), None),
        ("arq app.WorkerSettings", "arq", 0, ""),
        ("huey_consumer.py app.huey", "Huey", 0, ""),
        ("python manage.py run_huey", "Huey", 0, ""),
        ("php artisan queue:work", "Laravel", 60, ""),
        ("php -d memory_limit=1G artisan queue:work redis --timeout=90", "Laravel", 90, None),
        ("php /app/artisan queue:work --timeout=0", "Laravel", None, "--timeout"),
        ("php artisan horizon", "Laravel Horizon", 60, ""),
        ("rake resque:work QUEUE=*", "Resque", 0, ""),
        ("bundle exec rake resque:work TERM_CHILD=1", "Resque", 4, "TERM_CHILD"),
        ("rake jobs:work", "Delayed Job", None, ""),
        ("bin/delayed_job run", "Delayed Job", None, ""),
        ("ruby script/delayed_job run", "Delayed Job", None, ""),
        ("faktory-worker -t 40", "Faktory", 40, SIDEKIQ_FLAG),
        ("procrastinate --app=x worker", "Procrastinate", None, ""),
    ],
)
def test_workers(
    line: str, framework: str, seconds: int | Fraction | None, flag: str | None
) -> None:
    found = worker(line.split())
    assert found is not None
    assert (framework, seconds) == (found.framework, found.needed_seconds)
    assert found.why
    if flag is not None:
        assert flag == found.flag


@pytest.mark.parametrize(
    "line",
    [
        "",
        "celery -A app beat",
        "celery -A app flower",
        "celery -A app events",
        "celery-exporter --broker-url=redis://x",
        "celery inspect ping",
        "flower worker",
        "rq info",
        "rq-dashboard",
        "sidekiqmon",
        "arq",
        "faktory",
        "php artisan schedule:work",
        "php artisan horizon:status",
        "php worker.php",
        "bundle install",
        "rails server",
        "resque-web",
        "python worker.py",
        "python -m worker",
        "node worker.js",
        "worker",
        "echo celery worker",
    ],
)
def test_what_is_no_worker(line: str) -> None:
    assert worker(line.split()) is None


def test_numbers_that_are_none_are_not_read() -> None:
    for text in ("1e9", "\uff19", "-5", "9" * 5000, "1.2.3", ""):
        found = worker(["celery", "worker", "--time-limit", text])
        assert found is not None
        assert found.needed_seconds is None


def test_the_worker_behind_a_shell() -> None:
    analysis = analyse(["sh", "-c", "cd /app && exec gosu app celery -A x worker --time-limit 9"])
    found = worker(analysis.program)
    assert found is not None
    assert (found.framework, found.needed_seconds) == ("Celery", 9)
