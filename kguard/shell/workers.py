"""Queue workers, recognised by the words they are started with, and the time they need to stop.

The defaults are from the projects' sources: celery/apps/worker.py (SIGTERM: warm shutdown, waits
for running tasks), rq/worker.py (warm shutdown), sidekiq lib/sidekiq/config.rb (timeout: 25),
faktory_worker_ruby lib/faktory.rb (timeout: 25), dramatiq/cli.py (600000 ms), Laravel's
WorkCommand.php (--timeout=60), arq/worker.py (job_completion_wait = 0: running jobs are
cancelled), huey/consumer.py (SIGTERM interrupts, SIGINT is the graceful one), resque's
lib/resque/worker.rb (TERM kills the child; with TERM_CHILD after RESQUE_TERM_TIMEOUT, 4 s),
delayed_job lib/delayed/worker.rb (TERM: stop after the current job), procrastinate's
docs/howto/advanced/shutdown.md (waits for running jobs unless shutdown_timeout is given).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from kguard.record import record
from kguard.shell.programs import base_name, managed, program_name

Seconds = Fraction | int | None


@record
class Worker:
    """A queue worker. `needed_seconds` is how long it may take to stop after SIGTERM, None where
    only the longest task bounds it; `why` says so in a clause; `flag` is the option that decides.
    """

    framework: str
    needed_seconds: Seconds
    why: str
    flag: str = ""


_RQ = Worker("RQ", None, "it waits for the job it is working on, however long that takes")


def worker(words: Sequence[str]) -> Worker | None:
    """The queue worker these words start; None for everything else.

    `words` are those of the real program (`Analysis.program`): no wrappers, no shell.
    """
    if not words:
        return None
    name, arguments = program_name(words), list(words[1:])
    if "rqworker" in managed(words)[:1]:
        return _RQ
    if base_name(words[0]) == "python":
        arguments = _behind_module(arguments, name)
    elif name in ("ruby", "php") and arguments:
        # `ruby bin/delayed_job run`, `php -d x=y artisan horizon`
        while len(arguments) > 1 and arguments[0].startswith("-"):
            arguments = arguments[2 if arguments[0] in ("-d", "-c", "-r", "-I") else 1 :]
        name, arguments = base_name(arguments[0]), arguments[1:]
    elif name == "bundle" and arguments[:1] == ["exec"] and len(arguments) > 1:
        return worker(arguments[1:])
    return _recognise(name, arguments)


def _behind_module(arguments: list[str], name: str) -> list[str]:
    """What follows the module of `python -m`, or the script."""
    for position, word in enumerate(arguments):
        if word == "-m":
            return arguments[position + 2 :]
        if word == f"-m{name}":
            return arguments[position + 1 :]
    return arguments


def _recognise(name: str, arguments: list[str]) -> Worker | None:
    commands = [word for word in arguments if not word.startswith("-")]
    if name == "celery" and "worker" in commands:
        return _celery(arguments)
    if name == "celery.bin.worker":
        return _celery(arguments)
    if name == "rq" and commands[:1] and commands[0] in ("worker", "worker-pool"):
        return _RQ
    if name in ("rqworker", "rq.cli.worker"):
        return _RQ
    if name in ("sidekiq", "sidekiqswarm"):
        return _timed("Sidekiq", arguments, ("-t", "--timeout"), 25)
    if name == "faktory-worker":
        return _timed("Faktory", arguments, ("-t", "--timeout"), 25)
    if name in ("dramatiq", "dramatiq-gevent"):
        return _dramatiq(arguments)
    if name == "arq" and commands:
        why = "it cancels running jobs on SIGTERM unless `job_completion_wait` is set"
        return Worker("arq", 0, why)
    if name in ("huey_consumer", "huey_consumer.py") or "run_huey" in commands:
        return Worker(
            "Huey", 0, "it interrupts running tasks on SIGTERM; SIGINT is the graceful one"
        )
    if name == "procrastinate" and "worker" in commands:
        return Worker("Procrastinate", None, "it waits for running jobs, however long they take")
    if name == "artisan":
        return _artisan(arguments, commands)
    return _ruby_task(name, arguments, commands)


def _celery(arguments: list[str]) -> Worker:
    if _unknown(arguments, ("--time-limit", "--soft-time-limit")):
        return Worker("Celery", 0, "a task may run as long as its time limit says")
    hard = _option(arguments, ("--time-limit",))
    if hard:
        return Worker("Celery", hard, "a task may run that long", "--time-limit")
    soft = _option(arguments, ("--soft-time-limit",))
    if soft:
        return Worker("Celery", soft, "a task may run that long", "--soft-time-limit")
    why = "it waits for running tasks, and its arguments set them no time limit"
    return Worker("Celery", None, why)


def _dramatiq(arguments: list[str]) -> Worker:
    flag = "--worker-shutdown-timeout"
    given = 0 if _unknown(arguments, (flag,)) else _option(arguments, (flag,))
    seconds = Fraction(given if given is not None else 600_000, 1000)
    why = "it waits that long for its workers"
    return Worker("Dramatiq", _whole(seconds), why, flag if given is not None else "")


def _artisan(arguments: list[str], commands: list[str]) -> Worker | None:
    command = commands[0] if commands else ""
    if command in ("queue:work", "queue:listen"):
        given = _option(arguments, ("--timeout",))
        if _unknown(arguments, ("--timeout",)):
            return Worker("Laravel", 0, "a job may run as long as `--timeout` says")
        if given == 0:
            return Worker("Laravel", None, "its jobs may run for ever", "--timeout")
        seconds = 60 if given is None else given
        flag = "--timeout" if given is not None else ""
        return Worker("Laravel", seconds, "a job may run that long", flag)
    if command == "horizon":
        return Worker("Laravel Horizon", 60, "a job may run that long unless configured otherwise")
    return None


def _ruby_task(name: str, arguments: list[str], commands: list[str]) -> Worker | None:
    resque = name in ("resque", "resque-pool")
    if name in ("rake", "rails"):
        if any(word in ("resque:work", "resque:workers") for word in commands):
            resque = True
        elif "jobs:work" in commands:
            return Worker("Delayed Job", None, "it finishes the job it is working on")
    if resque and not any(word in ("list", "remove", "kill") for word in commands):
        seconds: Seconds = 4 if any(w.startswith("TERM_CHILD=") for w in arguments) else 0
        why = "it ends its child on SIGTERM; only SIGQUIT lets a job finish"
        return Worker("Resque", seconds, why, "TERM_CHILD" if seconds else "")
    if name == "delayed_job" and "run" in commands:
        return Worker("Delayed Job", None, "it finishes the job it is working on")
    return None


def _timed(framework: str, arguments: list[str], flags: tuple[str, ...], default: int) -> Worker:
    given = 0 if _unknown(arguments, flags) else _option(arguments, flags)
    why = "it gives its jobs that long"
    if given is None:
        return Worker(framework, default, why)
    return Worker(framework, given, why, flags[0])


def _unknown(arguments: list[str], flags: tuple[str, ...]) -> bool:
    """Whether an option is given a value that is filled in later: such a worker needs no time."""
    return any("$" in value or "{{" in value for value in _values(arguments, flags)[-1:])


def _option(arguments: list[str], flags: tuple[str, ...]) -> int | Fraction | None:
    """The number behind an option; None where it is absent or no number. The last one counts."""
    found = "".join(_values(arguments, flags)[-1:])
    if not found.isascii() or not found.replace(".", "", 1).isdecimal():
        return None
    # Longer numbers are no times, and converting them takes long.
    return _whole(Fraction(found)) if len(found) <= 18 else None


def _values(arguments: list[str], flags: tuple[str, ...]) -> list[str]:
    """What is given to an option: `--x 5`, `--x=5`, `-t 5`, `-t5`."""
    found: list[str] = []
    for position, word in enumerate(arguments):
        for flag in flags:
            if word == flag and position + 1 < len(arguments):
                found.append(arguments[position + 1])
            elif word.startswith(f"{flag}="):
                found.append(word.partition("=")[2])
            elif not flag.startswith("--") and word.startswith(flag) and len(word) > len(flag):
                found.append(word[len(flag) :])
    return found


def _whole(seconds: Fraction) -> int | Fraction:
    return seconds.numerator if seconds.denominator == 1 else seconds
