from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kguard.quantity.images import Image, ImageError, parse_image

SHA = "sha256:" + "a" * 64


# Every row was run through ParseNormalizedNamed of distribution/reference v0.6.
@pytest.mark.parametrize(
    ("text", "expected", "familiar"),
    [
        ("nginx", Image("docker.io", "library/nginx"), "nginx"),
        ("nginx:1.27", Image("docker.io", "library/nginx", "1.27"), "nginx"),
        ("app:5000", Image("docker.io", "library/app", "5000"), "app"),
        ("registry:5000/app", Image("registry:5000", "app"), "registry:5000/app"),
        ("localhost/app:V1", Image("localhost", "app", "V1"), "localhost/app"),
        ("bitnami/redis", Image("docker.io", "bitnami/redis"), "bitnami/redis"),
        ("docker.io/nginx", Image("docker.io", "library/nginx"), "nginx"),
        ("index.docker.io/a/b", Image("docker.io", "a/b"), "a/b"),
        ("library/a/b", Image("docker.io", "library/a/b"), "library/a/b"),
        (f"nginx@{SHA}", Image("docker.io", "library/nginx", None, SHA), "nginx"),
        (f"nginx:1@{SHA}", Image("docker.io", "library/nginx", "1", SHA), "nginx"),
        ("[::1]:5000/a__b/c--d", Image("[::1]:5000", "a__b/c--d"), "[::1]:5000/a__b/c--d"),
        ("Foo/bar", Image("Foo", "bar"), "Foo/bar"),
        ("foo_bar.com/x", Image("", "foo_bar.com/x"), "foo_bar.com/x"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_reference(text: str, expected: Image, familiar: str) -> None:
    image = parse_image(text)
    assert expected == image
    assert familiar == image.familiar_name


@pytest.mark.parametrize(
    ("text", "expected"), [("a", "latest"), ("a:1", "1"), (f"a@{SHA}", None), (f"a:1@{SHA}", None)]
)
def test_digest_wins_over_tag(text: str, expected: str | None) -> None:
    assert expected == parse_image(text).pulled_tag


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "an image reference is empty"),
        ("Nginx", "the repository of `Nginx` is not in lower case"),
        ("ghcr.io/Org/app", "the repository of `ghcr.io/Org/app` is not in lower case"),
        ("nginx:", "the tag of `nginx:` is empty"),
        ("nginx:a b", "`nginx:a b` has a space in it"),
        ("nginx:-x", "the tag `-x` is invalid"),
        ("nginx:" + "x" * 129, "the tag `" + "x" * 60 + "…` is invalid"),
        ("nginx@", "the digest of `nginx@` is empty"),
        ("nginx@sha256:abc", "the digest `sha256:abc` is invalid"),
        (
            "nginx@" + SHA.upper().lower().replace("a" * 64, "A" * 64),
            "the digest `sha256:" + "A" * 53 + "…` is invalid",
        ),
        ("https://ghcr.io/a", "`https://ghcr.io/a` starts with a URL scheme"),
        ("${REGISTRY}/a", "`${REGISTRY}/a` holds an unrendered template"),
        ("{{.image}}", "`{{.image}}` holds an unrendered template"),
        ("ghcr.io/", "`ghcr.io/` has no repository"),
        (":latest", "`:latest` has no repository"),
        ("-a.b/c", "the registry `-a.b` is invalid"),
        ("a//b", "the repository of `a//b` is invalid"),
        ("a..b", "the repository of `a..b` is invalid"),
        ("f" * 64, "`" + "f" * 60 + "…` is an image id, not a reference"),
        ("a/" + "b" * 254, "the repository of `a/" + "b" * 58 + "…` is longer than 255 characters"),
        ("a" * 5000, "an image reference is longer than 2048 characters"),
        ("nginx:1\n", "`nginx:1\\n` has a space in it"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_bad_reference(text: str, message: str) -> None:
    with pytest.raises(ImageError) as caught:
        parse_image(text)
    assert message == str(caught.value)


@given(st.text(max_size=40) | st.from_regex(r"[a-zA-Z./:@_-]{0,20}", fullmatch=True))
def test_full_name_reads_as_the_same_image(text: str) -> None:
    try:
        image = parse_image(text)
    except ImageError:
        return
    tag = f":{image.tag}" if image.tag else ""
    assert image == parse_image(f"{image.name}{tag}")
    assert image == parse_image(f"{image.familiar_name}{tag}")


COMPONENTS = st.from_regex(r"[a-z0-9]{1,4}((\.|_|__|-{1,3})[a-z0-9]{1,4}){0,2}", fullmatch=True)
PATHS = st.lists(COMPONENTS, min_size=1, max_size=3).map("/".join)
LABEL = r"[a-z0-9]([a-z0-9-]{0,3}[a-z0-9])?"
HOSTS = st.one_of(
    st.just("localhost"),
    st.from_regex(rf"{LABEL}(\.{LABEL}){{1,2}}(:[0-9]{{1,5}})?", fullmatch=True),
    st.from_regex(rf"{LABEL}:[0-9]{{1,5}}", fullmatch=True),
)
TAGS = st.none() | st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}", fullmatch=True)
DIGESTS = st.none() | st.sampled_from([SHA, "sha512:" + "0" * 128])


@given(st.none() | HOSTS, PATHS, TAGS, DIGESTS)
def test_parts_put_together_come_apart(
    host: str | None, path: str, tag: str | None, digest: str | None
) -> None:
    """The grammar at the head of distribution/reference's reference.go: [host/]path[:tag][@digest].

    splitDockerDomain in normalize.go takes for a host what has a dot or a colon, or is `localhost`.
    """
    first, slash, _ = path.partition("/")
    if host is None and slash and ("." in first or first == "localhost"):
        host, path = first, path.removeprefix(f"{first}/")
    if host in ("docker.io", "index.docker.io"):
        host = None
    text = (f"{host}/" if host else "") + path
    text += (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")
    if host and "_" in host:
        return  # No host; see the table above.
    official = host is None and "/" not in path
    expected = Image(host or "docker.io", f"library/{path}" if official else path, tag, digest)
    assert expected == parse_image(text)


@given(PATHS, st.sampled_from("ABZ !\\$%&äé"), st.integers(0, 20))
def test_what_the_grammar_lacks_is_refused(path: str, wrong: str, at: int) -> None:
    with pytest.raises(ImageError):
        parse_image(f"registry.example.com/{path[:at]}{wrong}{path[at:]}")
