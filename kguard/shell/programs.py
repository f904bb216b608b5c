"""What is known of programs by their names: who ends by itself, who handles SIGTERM, who serves.

Measured as PID 1 in a PID namespace where `tests/shell/measured.tsv` lists them; the rest from the
programs' own documentation of their signals.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum, auto
from itertools import pairwise

_PYTHON = re.compile(r"(python|pypy)[0-9.]*\Z")
_VERSIONED = re.compile(r"(ruby|php|perl|node|lua|java)-?[0-9.]*\Z")


class Role(Enum):
    """What a command is to the shell text it stands in."""

    PROGRAM = auto()
    """Something that may run for the container's whole life."""
    SERVER = auto()
    """Something that does, in the foreground."""
    KEEPALIVE = auto()
    """Runs for ever so that something else may run: `sleep infinity`, `tail -f /dev/null`."""
    UTILITY = auto()
    """Ends by itself."""


class Handling(Enum):
    """What a program does with SIGTERM when it is PID 1."""

    HANDLES = auto()
    IGNORES = auto()
    SCRIPT = auto()
    """An interpreter without a handler of its own: the script decides."""
    UNKNOWN = auto()


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Commands that start nothing of lasting interest: POSIX and GNU utilities, shell built-ins, clients
# people wait and set up with.
UTILITIES = _names(
    """
    : [ [[ alias apk apt apt-get awk aws az base64 basename bg bunzip2 bzip2 cat cd chgrp chmod
    chown chpasswd cmp comm cp createdb curl cut date dd declare df diff dig dirname dos2unix du
    echo egrep env envsubst exit export expr false fc fg fgrep file find fmt fold gcloud getconf
    getent getopt getopts git grep groupadd groups gunzip gzip hash head help host hostname id
    install ip jobs join jq kill killall kubectl ldconfig let ln local locale logger ls make md5sum
    mkdir mkfifo mknod mktemp mount mv mysql mysqladmin nc ncat netstat nl nohup nproc nslookup od
    openssl passwd paste patch pg_isready pgrep pidof ping pip pip3 pkill popd printenv printf ps
    psql pushd pwd read readlink readonly realpath redis-cli return rev rm rmdir rsync sed seq set
    sha256sum shift shopt sort source split sqlite3 ssh-keygen stat strip stty sum sync sysctl tar
    tee test times touch tr trap true truncate tsort tty type typeset ulimit umask umount unalias
    uname unexpand uniq unlink unset unzip update-ca-certificates uptime useradd wait wc wget which
    who whoami xz yes yq zcat zip . break continue builtin wait-for-it wait-for-it.sh
    wait-for wait-for.sh dockerize-wait column ssh-keyscan adduser addgroup usermod groupmod
    """
)

SERVERS = _names(
    """
    gunicorn uvicorn hypercorn daphne waitress-serve granian celery sidekiq puma unicorn thin
    passenger rackup dramatiq arq rqworker caddy traefik envoy haproxy memcached prometheus
    apache2-foreground httpd-foreground supervisord
    """
)

HANDLERS = SERVERS | _names(
    """
    java ruby php php-fpm honcho nginx httpd apache2 postgres redis-server mysqld mariadbd mongod
    rabbitmq-server etcd consul vault grafana kube-apiserver openresty uwsgi bundle rails rake rq
    """
)

SHELLS = frozenset(("sh", "bash", "dash", "ash", "zsh", "ksh", "mksh"))

# Python modules that are programs of their own, run with `python -m`.
_MODULES = {"http.server": "http.server", "SimpleHTTPServer": "http.server"}

IGNORERS = frozenset(("sleep", "tail", "cat", "http.server", "awk", "gawk", "mawk"))
SCRIPTED = frozenset(("python", "node", "nodejs", "perl", "lua", "Rscript", "ts-node", "tsx"))


def base_name(text: str) -> str:
    """The program's name without its folder; versions of interpreters are dropped."""
    name = text.rpartition("/")[2]
    if _PYTHON.match(name):
        return "python"
    versioned = _VERSIONED.match(name)
    return versioned.group(1) if versioned else name


def module_of(words: Sequence[str]) -> str:
    """The module `python -m` runs, or the empty string."""
    for position, word in enumerate(words[1:], 1):
        if word == "-m" and position + 1 < len(words):
            return words[position + 1]
        if word.startswith("-m") and len(word) > 2 and not word.startswith("--"):
            return word[2:]
        if not word.startswith("-") or word == "-c":
            return ""
    return ""


def program_name(words: Sequence[str]) -> str:
    """The name that says most: the module behind `python -m`, a script that is known, its own."""
    name = base_name(words[0]) if words else ""
    if name != "python":
        return name
    module = module_of(words)
    script = next((base_name(word) for word in words[1:] if not word.startswith("-")), "")
    return _MODULES.get(module, module) or (script if script in HANDLERS else name)


# Servers that go into the background unless one of these options, of one letter or more, keeps
# them: sshd(8), cron(8) of Debian, cronie and BusyBox, rsyslogd(8), rpcbind(8), nfs-utils.
_FOREGROUND = {
    "sshd": "DdtTiGV",
    "crond": "fnxdV",
    "cron": "fnxV",
    "rsyslogd": "nNv",
    "rpcbind": "fd",
    "rpc.statd": "Fd",
    "rpc.mountd": "Fd",
    "rpc.idmapd": "f",
}
# Programs that start others and end, with the word that has them do so.
_STARTERS = {
    "service": "start restart",
    "systemctl": "start restart",
    "rc-service": "start restart",
    "invoke-rc.d": "start restart",
    "supervisorctl": "start restart",
    "apachectl": "start restart",
    "apache2ctl": "start restart",
    "catalina.sh": "start",
    "zkServer.sh": "start",
    "neo4j": "start",
    "pg_ctl": "start restart",
    "pg_ctlcluster": "start restart",
    "pm2": "start restart",
    "celery": "multi",
    "hdfs": "--daemon",
    "yarn": "--daemon",
    "mapred": "--daemon",
    "hadoop-daemon.sh": "start",
    "hbase-daemon.sh": "start",
    "yarn-daemon.sh": "start",
    "mongod": "--fork",
    "php-fpm": "-D --daemonize",
    "gunicorn": "-D --daemon",
    "redis-server": "--daemonize",
}
_KEPT = _names("-DFOREGROUND FOREGROUND --foreground --no-daemon")
# Without one of these, `start` is what starts a server in the background.
_STARTING = _names("start restart --daemon --daemonize --detach --background --fork")
_STAYING = _names(
    "kc.sh cockroach honcho foreman next nest react-scripts npm pnpm yarn npx airflow consul"
)


def ends(words: Sequence[str]) -> bool:
    """Whether a command is known to end as soon as what it starts runs in the background."""
    return bool(words) and _ends(base_name(words[0]), words)


def _ends(name: str, words: Sequence[str]) -> bool:
    script = words[0].startswith(("/etc/init.d/", "/etc/rc.d/"))
    if not (script or name in _STARTERS or name in _FOREGROUND) or _KEPT.intersection(words):
        return False
    arguments = words[1:]
    letters = _FOREGROUND.get(name)
    if letters is not None:
        options = "".join(w[1:] for w in arguments if w[:1] == "-" and w[:2] != "--")
        return not any(letter in options for letter in letters) and "--help" not in arguments
    if name == "redis-server":
        return any(pair == ("--daemonize", "yes") for pair in pairwise(arguments))
    if script:
        return "start" in arguments or "restart" in arguments
    starting = _STARTERS.get(name, "").split()
    return any(word in starting for word in arguments)


def may_end(words: Sequence[str]) -> bool:
    """Whether a command reads as one that starts a server in the background: `agent start`."""
    if not words or _KEPT.intersection(words) or base_name(words[0]) in _STAYING:
        return False
    return ends(words) or any(word in _STARTING for word in words[1:])


def _is_option(word: str) -> bool:
    """Whether a word after a shell's name is an option, and not the one that brings a text."""
    return word.startswith("--") or (word.startswith("-") and "c" not in word)


def role(words: Sequence[str]) -> Role:
    """What a command is, wrappers removed."""
    name = program_name(words)
    arguments = words[1:]
    if name == "sleep":
        return Role.KEEPALIVE
    if name in ("tail", "journalctl"):
        follows = any(
            w in ("--follow", "--retry")
            or (w.startswith("-") and w[1:2] != "-" and "f" in w.lower())
            for w in arguments
        )
        return Role.KEEPALIVE if follows else Role.UTILITY
    if name == "cat" and not arguments:
        return Role.KEEPALIVE
    if name in ("nc", "ncat") and any(w.startswith("-") and "l" in w for w in arguments):
        return Role.PROGRAM
    if name == "make" and any(not w.startswith("-") and "=" not in w for w in arguments):
        return Role.PROGRAM
    if name in SHELLS and all(_is_option(word) for word in arguments):
        return Role.UTILITY  # A prompt for a person, or the end of an empty input.
    if name in ("awk", "watch"):
        return Role.PROGRAM if name == "watch" else Role.UTILITY
    if name in UTILITIES or (words and _ends(name, words)):
        return Role.UTILITY
    if name in SERVERS:
        daemon = (
            "-D",
            "--daemon",
            "--daemonize",
            "--detach",
            "-d",
            "--version",
            "--help",
            "--check",
        )
        if not any(word in daemon for word in arguments):
            return Role.SERVER
    return Role.PROGRAM


# Commands of Django's manage.py that set a handler: django-rq (rq/worker.py), huey/consumer.py,
# django-q (cluster.py).
_MANAGED = frozenset(("rqworker", "run_huey", "qcluster"))


def managed(words: Sequence[str]) -> Sequence[str]:
    """What follows Django's `manage.py` among the words of a command, nothing where it is none."""
    for position, word in enumerate(words[:3]):
        if base_name(word) == "manage.py":
            return words[position + 1 :]
    return ()


def _by_command(name: str, words: Sequence[str]) -> Handling | None:
    """What the command does that a program is given; None where that makes no difference.

    A development server that starts the program anew when files change ends on SIGTERM:
    werkzeug/_reloader.py, django/utils/autoreload.py (run_with_reloader). In any other the
    application decides.
    """
    if name == "flask" and "run" in words:
        reloads = not {"--debug", "--reload"}.isdisjoint(words) and "--no-reload" not in words
        return Handling.HANDLES if reloads else Handling.SCRIPT
    command = managed(words)
    if _MANAGED.intersection(command[:1]):
        return Handling.HANDLES
    if "runserver" in command[:1]:
        return Handling.SCRIPT if "--noreload" in command else Handling.HANDLES
    return None


def handling(words: Sequence[str]) -> Handling:
    """What the program does with SIGTERM as PID 1."""
    name = program_name(words)
    by_command = _by_command(name, words)
    if by_command is not None:
        return by_command
    if name in IGNORERS:
        return Handling.IGNORES
    if name in HANDLERS:
        return Handling.HANDLES
    if name in SCRIPTED or (words and base_name(words[0]) == "python"):
        return Handling.SCRIPT
    return Handling.UNKNOWN
