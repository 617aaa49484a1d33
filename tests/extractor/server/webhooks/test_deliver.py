"""Webhooks of a running service, received by real servers on this machine."""

import json
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from extractor.server.settings import WebhookOptions
from extractor.server.webhooks.hosts import parse_host
from extractor.server.webhooks.signing import new_key, parse_keys, signed

from ..fake_reader import picture
from ..receivers import receiving
from ..services import Process, Running, run_process, wait_for
from ..test_jobs_api import finished
from ..test_routes import kind_of

KEY = new_key()
SOON = (0.05, 0.05, 0.05)


def options(*hosts: str, delays: tuple[float, ...] = SOON, **given: Any) -> WebhookOptions:
    allowed = tuple(parse_host(one, private=True) for one in hosts)
    return WebhookOptions(hosts=allowed, keys=parse_keys(KEY), delays=delays, **given)


def create(service: Running | Process, url: str, *files: bytes, **fields: str) -> dict[str, Any]:
    parts = [("file", (f"{number}.png", data)) for number, data in enumerate(files or (picture(),))]
    answer = service.client.post("/v1/jobs", files=parts, data={"webhook": url, **fields})
    assert answer.status_code == 202, answer.text
    return dict(answer.json())


def ended(service: Running | Process, job: dict[str, Any], state: str, seconds: float = 30.0) -> dict[str, Any]:
    """The webhook of a job once it is in `state`."""

    def found() -> dict[str, Any] | None:
        hook = service.client.get(f"/v1/jobs/{job['id']}").json()["webhook"]
        return hook if hook["state"] == state else None

    return dict(wait_for(found, seconds))


def check_signature(call: Any) -> None:
    """As a receiver checks it: its own signature over what arrived, within the time that is left to a replay."""
    moment = int(call.headers["webhook-timestamp"])
    assert abs(time.time() - moment) < 300
    again = signed(parse_keys(KEY), call.headers["webhook-id"], moment, call.body)
    assert again["webhook-signature"] == call.headers["webhook-signature"]


def test_a_job_that_is_done_is_told_without_personal_data(make_service: Callable[..., Running]) -> None:
    with receiving() as receiver:
        service = make_service(webhooks=options(receiver.host))
        job = create(service, receiver.url, picture(), picture("nothing"), picture(number=2))
        assert job["webhook"] == {"state": "waiting", "attempts": 0, "reason": None, "next_at": None}
        assert ended(service, job, "delivered")["attempts"] == 1
        (call,) = receiver.calls
        check_signature(call)
        said = json.loads(call.body)
        assert (said["type"], call.path) == ("job.done", "/done?token=s3cret")
        assert call.headers["webhook-id"] == job["id"]
        state = finished(service, job)
        assert said["data"] == {
            "id": job["id"], "state": "done", "total": 3, "read": 2, "problems": 1, "created": state["created"],
            "finished": state["finished"], "deleted_at": state["deleted_at"], "results": state["results"],
        }  # fmt: skip
        assert "ERIKSSON" not in call.body.decode()
        assert "0.png" not in call.body.decode()
        assert 'extractor_webhooks_total{outcome="delivered"} 1.0' in service.client.get("/metrics").text


def test_results_go_along_where_they_are_asked_for(make_service: Callable[..., Running]) -> None:
    with receiving() as receiver:
        service = make_service(webhooks=options(receiver.host))
        job = create(service, receiver.url, picture(), picture("nothing"), webhook_results="true")
        ended(service, job, "delivered")
        answers = json.loads(receiver.calls[0].body)["data"]["answers"]
        assert [line["seq"] for line in answers] == [1, 2]
        assert answers[0]["result"]["surname"] == "ERIKSSON"
        assert answers[1]["problem"]["type"] == "/problems/no-document"
        small = make_service(webhooks=options(receiver.host, result_bytes=50))
        ended(small, create(small, receiver.url, webhook_results="true"), "delivered")
        assert json.loads(receiver.calls[1].body)["data"]["answers"] is None, "too large: fetch them"


def test_another_implementation_of_the_standard_takes_it(make_service: Callable[..., Running]) -> None:
    library = pytest.importorskip("standardwebhooks", reason="pip install standardwebhooks")
    with receiving() as receiver:
        service = make_service(webhooks=options(receiver.host))
        ended(service, create(service, receiver.url), "delivered")
        (call,) = receiver.calls
        assert library.Webhook(KEY).verify(call.body, call.headers)["type"] == "job.done"


def test_it_is_tried_again_until_it_is_taken(make_service: Callable[..., Running]) -> None:
    with receiving(500, 429, 200) as receiver:
        service = make_service(webhooks=options(receiver.host))
        hook = ended(service, create(service, receiver.url), "delivered")
        assert (hook["attempts"], hook["reason"], len(receiver.calls)) == (3, None, 3)
        assert len({call.headers["webhook-id"] for call in receiver.calls}) == 1, "so that a receiver knows it again"
        for call in receiver.calls:
            check_signature(call)


def test_and_given_up_after_the_last_attempt(make_service: Callable[..., Running]) -> None:
    with receiving(503) as receiver:
        service = make_service(webhooks=options(receiver.host))
        hook = ended(service, create(service, receiver.url), "given-up")
        assert (hook["attempts"], hook["reason"], hook["next_at"]) == (len(SOON) + 1, "http-503", None)
        time.sleep(0.3)
        assert len(receiver.calls) == len(SOON) + 1


def test_the_next_attempt_waits(make_service: Callable[..., Running]) -> None:
    with receiving(500) as receiver:
        service = make_service(webhooks=options(receiver.host, delays=(60.0,)))
        job = create(service, receiver.url)
        wait_for(lambda: receiver.calls)
        hook = wait_for(lambda: (found := ended(service, job, "waiting"))["attempts"] and found)
        assert 55 < hook["next_at"] - time.time() < 73
        assert len(receiver.calls) == 1


def test_a_receiver_that_is_gone_is_not_asked_again(make_service: Callable[..., Running]) -> None:
    with receiving(410) as receiver:
        service = make_service(webhooks=options(receiver.host))
        hook = ended(service, create(service, receiver.url), "given-up")
        assert (hook["attempts"], hook["reason"]) == (1, "http-410")


def test_no_redirect_is_followed(make_service: Callable[..., Running]) -> None:
    with receiving() as elsewhere, receiving(307, Location=elsewhere.url) as receiver:
        service = make_service(webhooks=options(receiver.host, elsewhere.host))
        hook = ended(service, create(service, receiver.url), "given-up")
        assert (hook["reason"], elsewhere.calls) == ("redirect", [])


def test_no_proxy_is_asked(make_service: Callable[..., Running], monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving() as proxy, receiving() as receiver:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.host)
        service = make_service(webhooks=options(receiver.host))
        ended(service, create(service, receiver.url), "delivered")
        assert (len(receiver.calls), proxy.calls) == (1, [])


def test_a_name_that_leads_into_this_network_is_not_called(make_service: Callable[..., Running]) -> None:
    with receiving() as receiver:
        outside = parse_host(f"http://localhost:{receiver.port}")
        service = make_service(webhooks=WebhookOptions(hosts=(outside,), keys=parse_keys(KEY), delays=()))
        job = create(service, f"http://localhost:{receiver.port}/")
        assert ended(service, job, "given-up")["reason"] == "private-address"
        assert receiver.calls == []
        service = make_service(webhooks=options(f"http://localhost:{receiver.port}", delays=()))
        ended(service, create(service, f"http://localhost:{receiver.port}/"), "delivered")


def test_callers_name_allowed_hosts_only(make_service: Callable[..., Running]) -> None:
    with receiving() as receiver:
        allowed = make_service(webhooks=options(receiver.host))
        none = make_service()
        for service, url in ((none, receiver.url), (allowed, "http://127.0.0.1:1/"), (allowed, "https://evil.example")):
            answer = service.client.post("/v1/jobs", files={"file": picture()}, data={"webhook": url})
            assert (answer.status_code, kind_of(answer)) == (422, "invalid-parameter")
            assert "s3cret" not in answer.text


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate for 127.0.0.1 that its own key signed."""
    from datetime import UTC, datetime, timedelta
    from ipaddress import ip_address

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "receiver")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


def test_certificates_are_checked(
    make_service: Callable[..., Running], certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with receiving(tls=certificate) as receiver:
        service = make_service(webhooks=options(receiver.host, delays=()))
        assert ended(service, create(service, receiver.url), "given-up")["reason"] == "certificate"
        assert receiver.calls == []
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        service = make_service(webhooks=options(receiver.host, delays=()))
        ended(service, create(service, receiver.url, webhook_results="true"), "delivered")
        assert len(receiver.calls) == 1


def test_a_receiver_that_trickles_holds_up_nobody(make_service: Callable[..., Running]) -> None:
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as slow, receiving() as receiver:

        def trickle() -> None:
            connection, _ = slow.accept()
            with connection:
                connection.settimeout(0.1)
                while not over.wait(0.05):
                    try:
                        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
                    except OSError:
                        return

        thread = threading.Thread(target=trickle)
        thread.start()
        port = slow.getsockname()[1]
        allowed = options(f"http://127.0.0.1:{port}", receiver.host, delays=(), seconds=0.5)
        service = make_service(webhooks=allowed)
        hanging = create(service, f"http://127.0.0.1:{port}/")
        ended(service, create(service, receiver.url), "delivered")
        assert ended(service, hanging, "given-up")["reason"] == "timeout"
        over.set()
        thread.join(5)


@pytest.mark.parametrize("said", [
    b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 200 OK\r\n" + b"x: " + b"y" * 100_000,
    b"HTTP/1.1 100 Continue\r\n\r\n" * 10_000 + b"HTTP/1.1 200 OK\r\n\r\n",
])  # fmt: skip
def test_what_answers_no_http_is_no_receiver(make_service: Callable[..., Running], said: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                try:
                    connection.sendall(said)
                except OSError:
                    return

        thread = threading.Thread(target=answer)
        thread.start()
        host = f"http://127.0.0.1:{server.getsockname()[1]}"
        service = make_service(webhooks=options(host, delays=()))
        assert ended(service, create(service, f"{host}/"), "given-up")["reason"] in ("no-http", "unreachable")
        thread.join(5)


def test_a_deleted_job_calls_nobody(make_service: Callable[..., Running]) -> None:
    with receiving() as receiver:
        service = make_service(webhooks=options(receiver.host))
        job = create(service, receiver.url, *[picture("sleep 0.2", n) for n in range(3)])
        assert service.client.delete(f"/v1/jobs/{job['id']}").status_code == 204
        ended(service, create(service, receiver.url), "delivered")
        assert [call.headers["webhook-id"] == job["id"] for call in receiver.calls] == [False]


def test_a_service_that_was_killed_still_calls(examples_dir: Path, tmp_path: Path, receiver_port: int) -> None:
    """`extract-server` with the embedded engine, killed while nobody receives; what is stored tells nothing."""
    arguments = ["-m", "extractor.server", "--port", "0", "--engine", "embedded", "--data", str(tmp_path / "data")]
    arguments += ["--page-seconds", "300", "--webhook-private-host", f"http://127.0.0.1:{receiver_port}"]
    url = f"http://127.0.0.1:{receiver_port}/done?token=s3cret"
    with run_process(arguments, tmp_path / "output", {"EXTRACTOR_WEBHOOK_KEY": KEY}) as process:
        job = create(process, url, (examples_dir / "passport.png").read_bytes())
        hook = wait_for(lambda: (found := ended(process, job, "waiting"))["attempts"] and found, 120)
        assert hook["reason"] == "unreachable"
        process.kill()
        with receiving(port=receiver_port) as receiver:
            process.start()
            ended(process, job, "delivered", 60)
            (call,) = receiver.calls
            check_signature(call)
            assert json.loads(call.body)["data"]["read"] == 1
        assert process.stop() == 0
        written = process.output() + b"".join(path.read_bytes() for path in (tmp_path / "data").iterdir())
    for secret in (b"s3cret", KEY.removeprefix("whsec_").encode(), b"UNDERHILL"):
        assert secret not in written
    events = {json.loads(line)["event"] for line in process.err.read_text().splitlines()}
    assert "webhook delivered" in events


@pytest.fixture
def receiver_port() -> int:
    """A port that is free, and known before anybody listens there."""
    with receiving() as receiver:
        return receiver.port
