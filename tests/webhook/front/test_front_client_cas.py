"""The CAs of clients are exchanged while the server runs, whoever makes its certificate."""

from __future__ import annotations

import ssl
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from front_kit import CA, LEAF, Server, post, serving
from front_pki import Pair, issue

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "certificates"))
from certs_world import NAME, Api, Clock, pod

from kguard.webhook.caller import ClientCAs
from kguard.webhook.certificates import Certificates
from kguard.webhook.certificates.files import FileCertificates
from kguard.webhook.certificates.pem import write_certificates
from kguard.webhook.front.tls import server_context
from kguard.webhook.options import OptionsError

OLD, NEW = issue("old CA"), issue("new CA")


class World:
    """A server, the file with the CAs of its clients, and who looks at it."""

    def __init__(self, folder: Path, mode: str) -> None:
        self.folder = folder
        self.told: list[str] = []
        self.file = folder / "ca.crt"
        self.file.write_bytes(OLD.cert)
        self.cas = ClientCAs(str(self.file), self.told.append)
        self.certificates, self.bundle, self.name = getattr(self, mode)()
        self.cas.changed = self.certificates.refresh
        self.clients = {}
        for ca in (OLD, NEW):
            client = issue("kube-apiserver", ca)
            (folder / "client.pem").write_bytes(client.cert + client.key)
            context = ssl.create_default_context(cadata=self.bundle.decode())
            context.load_cert_chain(folder / "client.pem")
            self.clients[ca] = context

    def make_context(self, chain: bytes, key: bytes) -> ssl.SSLContext:
        return server_context(chain, key, client_ca=self.cas.pem)

    def files(self) -> tuple[Certificates, bytes, str]:
        (self.folder / "tls.crt").write_bytes(LEAF.cert)
        (self.folder / "tls.key").write_bytes(LEAF.key)
        made = FileCertificates(
            certificate=str(self.folder / "tls.crt"),
            key=str(self.folder / "tls.key"),
            make_context=self.make_context,
            say=lambda line: None,
        )
        made.step()
        return made, CA.cert, "localhost"

    def own(self) -> tuple[Certificates, bytes, str]:
        made = pod(Api(Clock()), make_context=self.make_context)
        made.step()
        leaf = made._leaf
        assert leaf
        return made, write_certificates([leaf.issuer]), NAME

    def answers(self, server: Server, ca: Pair) -> bool:
        """Whether a client that this CA knows is answered over a new connection."""
        sock = server.tcp()
        try:
            wrapped = self.clients[ca].wrap_socket(sock, server_hostname=self.name)
            server._open.append(wrapped)
            wrapped.sendall(post())
            return bool(wrapped.recv(1000).startswith(b"HTTP/1.1 200"))
        except (ssl.SSLError, ConnectionError):
            return False


@pytest.fixture(params=["files", "own"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    return World(tmp_path, request.param)


def test_other_cas_count_from_the_next_look(world: World) -> None:
    with serving(tls=world.certificates.context) as server:
        assert [world.answers(server, ca) for ca in (OLD, NEW)] == [True, False]
        before = server.connect(world.clients[OLD]) if world.name == "localhost" else None
        context = world.certificates.context()
        world.cas.poll()
        assert world.certificates.context() is context, "nothing has changed"
        world.file.write_bytes(NEW.cert)
        world.cas.poll()
        assert [world.answers(server, ca) for ca in (OLD, NEW)] == [False, True]
        if before:
            assert before.ask(post()).status == 200
        world.file.write_bytes(OLD.cert + NEW.cert)
        world.cas.poll()
        assert [world.answers(server, ca) for ca in (OLD, NEW)] == [True, True]
        assert world.told == []


SPOILT: list[Callable[[Path], object]] = [
    lambda path: path.unlink(),
    lambda path: path.write_bytes(b""),
    lambda path: path.write_bytes(NEW.cert[:200]),
    lambda path: path.write_bytes(issue("leaf", NEW).cert),
]


@pytest.mark.parametrize("spoil", SPOILT, ids=["gone", "empty", "cut", "no CA"])
def test_cas_that_cannot_be_used_change_nothing(
    world: World, spoil: Callable[[Path], object]
) -> None:
    with serving(tls=world.certificates.context) as server:
        spoil(world.file)
        world.cas.poll()
        world.cas.poll()
        assert [world.answers(server, ca) for ca in (OLD, NEW)] == [True, False]
        (line,) = world.told
        assert str(world.file) in line
        with pytest.raises(OptionsError):
            ClientCAs(str(world.file))


def test_a_context_that_fails_is_tried_again(world: World) -> None:
    def changed() -> None:
        raise OSError("no room in /dev/shm")

    world.cas.changed = changed
    world.file.write_bytes(NEW.cert)
    world.cas.poll()
    assert world.told == [f"`--client-ca {world.file}`: not taken: no room in /dev/shm"]
    assert world.cas.pem == OLD.cert
    world.cas.changed = world.certificates.refresh
    world.cas.poll()
    assert world.cas.pem == NEW.cert


def test_nothing_is_asked_for_where_there_is_no_file() -> None:
    cas = ClientCAs(None)
    cas.start()
    cas.poll()
    cas.stop()
    assert cas.pem is None
